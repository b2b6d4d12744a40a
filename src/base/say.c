/* SPDX-License-Identifier: Apache-2.0 */
/* say.c - formats messages, and holds where they go: ckpt's only mutable state. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "io.h"
#include "say.h"

#define LINE_ROOM 8192		/* room for a path of PATH_MAX and what is said of it */

static struct {
	pthread_mutex_t lock;
	int log_fd;
	enum level max;
	bool failed;		/* `error` is set */
	bool only_first;
	char error[LINE_ROOM];
	int tell_err;		/* first failure to write to stdout */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER, .log_fd = -1, .max = SAY_WARN };

struct line {
	size_t len;
	char text[LINE_ROOM];
};

void say_init(int log_fd, enum level max)
{
	pthread_mutex_lock(&state.lock);
	state.log_fd = log_fd;
	state.max = max;
	state.failed = state.only_first = false;
	state.tell_err = 0;
	pthread_mutex_unlock(&state.lock);
}

void say_done(void)
{
	pthread_mutex_lock(&state.lock);
	state.log_fd = -1;
	pthread_mutex_unlock(&state.lock);
}

void say_only_first(bool on)
{
	pthread_mutex_lock(&state.lock);
	state.only_first = on;
	pthread_mutex_unlock(&state.lock);
}

/* Names in messages come from the programs that are saved. Control characters
 * in them must not reach a terminal, nor begin a line of the log. */
static void add_text(struct line *l, const char *s)
{
	for (; *s && l->len < LINE_ROOM - 6; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c < ' ' && c != '\t') || c == 0x7f)
			l->len += (size_t)sprintf(l->text + l->len, "\\%03o", c);
		else
			l->text[l->len++] = *s;
	}
	l->text[l->len] = '\0';
}

static void add_va(struct line *l, const char *fmt, va_list ap)
{
	char text[LINE_ROOM];
	size_t len;

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	len = strlen(text);
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	add_text(l, text);
}

__attribute__((format(printf, 2, 3)))
static void add(struct line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_va(l, fmt, ap);
	va_end(ap);
}

/* "dump: pid 412: fd 7: eventfd", or "ckpt" if nothing is known. */
static void add_where(struct line *l, const struct where *w)
{
	size_t start = l->len;

	if (w && w->phase)
		add(l, "%s", w->phase);
	if (w && w->pid)
		add(l, "%spid %d", l->len > start ? ": " : "", w->pid);
	if (w && w->fd >= 0)
		add(l, "%sfd %d", l->len > start ? ": " : "", w->fd);
	if (w && w->kind)
		add(l, "%s%s", l->len > start ? ": " : "", w->kind);
	if (l->len == start)
		add(l, "ckpt");
}

static void begin(struct line *l, enum level level, const struct where *w)
{
	l->len = 0;
	add(l, "%s(", level == SAY_ERROR ? "Error " : level == SAY_WARN ? "Warn  " : "");
	add_where(l, w);
	add(l, "%s", level <= SAY_WARN ? "): " : ") ");
}

/* One write(2) per line, so that lines of several writers do not mix. What
 * cannot be written is lost: there is nobody left to tell. */
static void emit(struct line *l, enum level level)
{
	bool first = false;

	pthread_mutex_lock(&state.lock);
	if (level == SAY_ERROR && state.failed && state.only_first)
		level = SAY_DEBUG;
	if (level == SAY_ERROR && !state.failed) {
		first = true;
		state.failed = true;
		memcpy(state.error, l->text, l->len + 1);
	}
	if (level <= state.max) {
		l->text[l->len++] = '\n';
		if (state.log_fd >= 0)
			io_write_all(state.log_fd, l->text, l->len);
		if (state.log_fd < 0 || (first && state.log_fd != STDERR_FILENO))
			io_write_all(STDERR_FILENO, l->text, l->len);
	}
	pthread_mutex_unlock(&state.lock);
}

/* Waiting for tasks ends in these two ways. */
static const char *cause(int err)
{
	if (err == ETIMEDOUT)
		return "the time limit is over";
	return err == EINTR ? "interrupted by a signal" : strerror(err);
}

int fail(const struct where *w, int err, const char *fmt, ...)
{
	int keep = errno;
	struct line l;
	va_list ap;

	if (err < 0)
		err = -err;
	begin(&l, SAY_ERROR, w);
	va_start(ap, fmt);
	add_va(&l, fmt, ap);
	va_end(ap);
	if (err)
		add(&l, ": %s", cause(err));
	emit(&l, SAY_ERROR);
	errno = keep;
	return err ? -err : -EINVAL;
}

void say(enum level level, const struct where *w, const char *fmt, ...)
{
	int keep = errno;
	struct line l;
	va_list ap;

	if (level > state.max && level != SAY_ERROR)
		return;
	begin(&l, level, w);
	va_start(ap, fmt);
	add_va(&l, fmt, ap);
	va_end(ap);
	emit(&l, level);
	errno = keep;
}

int tell(const char *fmt, ...)
{
	va_list ap;
	int n;

	if (state.tell_err)
		return state.tell_err;
	va_start(ap, fmt);
	n = vfprintf(stdout, fmt, ap);
	va_end(ap);
	if (n < 0)
		state.tell_err = -errno;
	return state.tell_err;
}

int tell_flush(void)
{
	if (fflush(stdout) && !state.tell_err)
		state.tell_err = -errno;
	return state.tell_err;
}

const char *said_error(void)
{
	return state.failed ? state.error : NULL;
}
