/* SPDX-License-Identifier: Apache-2.0 */
/* sys_poll.c - poll, ppoll, select and pselect6: waiting for ever, and with a timeout. */
#include <poll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { MS = 30 };
enum how { POLL, PPOLL, SELECT, PSELECT, NHOWS };

static const long numbers[NHOWS] = { SYS_poll, SYS_ppoll, SYS_select, SYS_pselect6 };
static const char *const names[NHOWS] = { "poll", "ppoll", "select", "pselect6" };
static int pipes[NHOWS][2];

/* The system calls themselves: glibc puts some of these onto others. */
static int wait_for(enum how how, int fd, int ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000L };
	struct timeval tv = { .tv_usec = ms * 1000L };
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	switch (how) {
	case POLL:
		return syscall(SYS_poll, &pfd, 1, ms);
	case PPOLL:
		return syscall(SYS_ppoll, &pfd, 1, ms < 0 ? NULL : &ts, NULL, 0);
	case SELECT:
		return syscall(SYS_select, fd + 1, &set, NULL, NULL, ms < 0 ? NULL : &tv);
	default:
		return syscall(SYS_pselect6, fd + 1, &set, NULL, NULL, ms < 0 ? NULL : &ts, NULL);
	}
}

static void *forever(void *arg)
{
	enum how how = (long)arg;
	int ret = wait_for(how, pipes[how][0], -1);

	check(ret == 1, "%s without timeout: %d, %s", names[how], ret, strerror(errno));
	return NULL;
}

static void *timed(void *arg)
{
	enum how how = (long)arg;

	while (test_go()) {
		uint64_t start = test_now();
		int ret = wait_for(how, pipes[how][0], MS);

		if (ret == 1 && !test_go())
			break;		/* main has written by now */
		check(!ret, "%s with timeout: %d, %s", names[how], ret, strerror(errno));
		check(test_now() - start >= MS * 1000000UL, "%s timed out after %lu ns", names[how],
		      test_now() - start);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2 * NHOWS];

	test_init(argc, argv);
	for (long i = 0; i < NHOWS; i++) {
		must(pipe(pipes[i]));
		threads[i] = test_thread_in(numbers[i], forever, (void *)i);
		threads[NHOWS + i] = test_thread_in(numbers[i], timed, (void *)i);
	}
	test_daemon();
	test_waitsig();
	for (int i = 0; i < NHOWS; i++)
		check(write(pipes[i][1], "x", 1) == 1, "cannot write to the pipe");
	for (int i = 0; i < 2 * NHOWS; i++)
		test_join(threads[i]);
	pass();
}
