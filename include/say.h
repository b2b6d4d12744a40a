/* SPDX-License-Identifier: Apache-2.0 */
/* say.h - what ckpt tells the user, each thing once.
 *
 * Functions are of two sorts. Quiet ones (src/base, src/proc, src/tracee,
 * src/image) return -errno and never print. Speaking ones (src/model,
 * src/kind, the commands) know what a failure means: the first speaking
 * function to see an error says it with fail(); those above only pass it on.
 *
 * The prefix "pid 412: fd 7: eventfd:" comes from struct where, which the loop
 * that walks tasks and files keeps up to date; no message repeats it.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

enum level { SAY_ERROR, SAY_WARN, SAY_INFO, SAY_DEBUG };

struct where {
	const char *phase;	/* "collect", "memory", ... or NULL */
	pid_t pid;		/* 0: no task in particular */
	int fd;			/* -1: no descriptor in particular */
	const char *kind;	/* "eventfd", "creds", ... or NULL */
};
#define NOWHERE (&(struct where){ .fd = -1 })

/* Where messages go, and which: everything up to `max`. log_fd < 0: stderr
 * alone. With a log, the first error is repeated on stderr. The descriptor
 * stays the caller's, and must stay open until say_done(). */
void say_init(int log_fd, enum level max);
void say_done(void);

/* While several threads are at work the first error is the one that is said; those of
 * the others, which have met the same thing as a rule, are for SAY_DEBUG. */
void say_only_first(bool on);

/* Print "Error (<where>): <message>: <strerror(|err|)>", return -|err|.
 * err == 0 leaves out the strerror part; the return value is then -EINVAL. */
int fail(const struct where *w, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void say(enum level l, const struct where *w, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Text for stdout: results of commands (show, check, --json). -errno when it
 * could not be written. */
int tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int tell_flush(void);

/* A string of JSON, quotes included. Bytes that are no UTF-8 become \u00XX. */
void tell_json(const char *text);	/* NULL: "" */

/* The first error that was said, without its newline; NULL if none was. */
const char *said_error(void);
