/* SPDX-License-Identifier: Apache-2.0 */
/* zdtm.c - the life of a zdtm test program: options, readiness, waiting for SIGTERM, verdict. */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include "zdtm.h"

enum { EXIT_PASS = 0, EXIT_FAIL = 1, EXIT_SKIP = 77 };

static char pidfile[PATH_MAX], outfile[PATH_MAX], dir[PATH_MAX];
uint32_t test_sigterm;

static void on_sigterm(int sig)
{
	int saved = errno;

	(void)sig;
	event_set(&test_sigterm);
	errno = saved;
}

static void take_path(char *dst, const char *src)
{
	if (strlen(src) >= PATH_MAX)
		fail("path is too long: %s", src);
	strcpy(dst, src);
}

void test_init(int argc, char **argv)
{
	static const struct option opts[] = {
		{ "pidfile", required_argument, NULL, 'p' },
		{ "outfile", required_argument, NULL, 'o' },
		{ "dir", required_argument, NULL, 'd' },
		{ }
	};
	struct sigaction sa = { .sa_handler = on_sigterm };
	int c;

	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		if (c == 'p')
			take_path(pidfile, optarg);
		else if (c == 'o')
			take_path(outfile, optarg);
		else if (c == 'd')
			take_path(dir, optarg);
		else
			exit(2);
	}
	if (!*pidfile || !*outfile || !*dir) {
		fprintf(stderr, "usage: %s --pidfile FILE --outfile FILE --dir DIR\n", argv[0]);
		exit(2);
	}
	must(sigaction(SIGTERM, &sa, NULL));
}

void test_daemon(void)
{
	char tmp[PATH_MAX + 8], text[16];
	int fd, len;

	snprintf(tmp, sizeof(tmp), "%s.new", pidfile);
	len = snprintf(text, sizeof(text), "%d\n", getpid());
	fd = must(open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
	check(write(fd, text, len) == len, "cannot write %s", tmp);
	must(close(fd));
	must(rename(tmp, pidfile));
}

/* The handler changes the word first, so a signal just before the wait makes it return at once. */
void test_waitsig(void)
{
	event_wait(&test_sigterm);
}

bool test_go(void)
{
	return !__atomic_load_n(&test_sigterm, __ATOMIC_ACQUIRE);
}

/* No stdio and no locks on the way out: the caller can be any thread, or a signal handler. */
static _Noreturn void tell(int code, const char *verdict, const char *fmt, va_list ap)
{
	char line[1024];
	int fd, len;

	len = snprintf(line, sizeof(line), "%s", verdict);
	if (fmt) {
		len += snprintf(line + len, sizeof(line) - len, ": ");
		vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
		len = strlen(line);
	}
	line[len++] = '\n';
	fd = open(outfile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, line, len) != len)
		code = EXIT_FAIL;
	_exit(code);
}

static _Noreturn void tellf(int code, const char *verdict, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(code, verdict, fmt, ap);
}

void pass(void)
{
	tellf(EXIT_PASS, "PASS", NULL);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(EXIT_FAIL, "FAIL", fmt, ap);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(EXIT_SKIP, "SKIP", fmt, ap);
}

const char *test_path(const char *name)
{
	static __thread char path[PATH_MAX * 2];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

void *test_shared(size_t len)
{
	char path[PATH_MAX * 2];
	void *mem;
	int fd;

	strcpy(path, test_path("shared.XXXXXX"));
	fd = must(mkostemp(path, O_CLOEXEC));
	must(ftruncate(fd, len));
	mem = must(mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	must(close(fd));
	return mem;
}

uint64_t test_now(void)
{
	struct timespec ts;

	must(clock_gettime(CLOCK_MONOTONIC, &ts));
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}
