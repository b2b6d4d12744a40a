/* SPDX-License-Identifier: Apache-2.0 */
/* sys_epoll.c - epoll_wait and epoll_pwait2: waiting for ever, and with a timeout; no EINTR. */
#include <sys/epoll.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { MS = 30 };
enum how { WAIT, PWAIT, PWAIT2, NHOWS };

static const long numbers[NHOWS] = { SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2 };
static const char *const names[NHOWS] = { "epoll_wait", "epoll_pwait", "epoll_pwait2" };
static int epolls[NHOWS], pipes[NHOWS][2];

static int wait_for(enum how how, int ms)
{
	struct timespec ts = { .tv_nsec = ms * 1000000L };
	struct epoll_event event = {};
	int ret;

	if (how == WAIT)
		ret = syscall(SYS_epoll_wait, epolls[how], &event, 1, ms);
	else if (how == PWAIT)
		ret = syscall(SYS_epoll_pwait, epolls[how], &event, 1, ms, NULL, 0);
	else
		ret = syscall(SYS_epoll_pwait2, epolls[how], &event, 1, ms < 0 ? NULL : &ts, NULL, 0);
	check(ret < 1 || event.data.u32 == how, "%s gives other data", names[how]);
	return ret;
}

static void *forever(void *arg)
{
	enum how how = (long)arg;
	int ret = wait_for(how, -1);

	check(ret == 1, "%s without timeout: %d, %s", names[how], ret, strerror(errno));
	return NULL;
}

static void *timed(void *arg)
{
	enum how how = (long)arg;

	while (test_go()) {
		uint64_t start = test_now();
		int ret = wait_for(how, MS);

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
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

		must(pipe(pipes[i]));
		epolls[i] = must(epoll_create1(0));
		must(epoll_ctl(epolls[i], EPOLL_CTL_ADD, pipes[i][0], &event));
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
