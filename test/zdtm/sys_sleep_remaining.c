/* SPDX-License-Identifier: Apache-2.0 */
/* sys_sleep_remaining.c - a relative sleep goes on with the time that was left, not with the whole time. */
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include "zdtm.h"

#define WHOLE 1000000000000UL	/* 1000 s: ended by a signal */
#define BEFORE 200000000UL	/* 200 ms of it are over before the checkpoint can begin */

struct sleeper {
	uint64_t start;
	pid_t tid;
};

static void on_usr1(int sig)
{
	(void)sig;
}

static void *run(void *arg)
{
	struct sleeper *s = arg;
	struct timespec ts = { .tv_sec = WHOLE / 1000000000 }, rem = {};
	uint64_t left, took;

	s->tid = gettid();
	s->start = test_now();
	check(syscall(SYS_nanosleep, &ts, &rem) == -1 && errno == EINTR, "nanosleep ended by itself");
	took = test_now() - s->start;
	left = rem.tv_sec * 1000000000UL + rem.tv_nsec;
	/* The time between dump and restore may count or not. */
	check(left <= WHOLE - BEFORE / 2, "the sleep began anew: %lu ns left", left);
	check(left >= WHOLE - took, "the sleep lost time: %lu ns left after %lu ns", left, took);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	struct timespec before = { .tv_nsec = BEFORE };
	struct sleeper sleeper = {};
	pthread_t thread;

	test_init(argc, argv);
	must(sigaction(SIGUSR1, &sa, NULL));
	thread = test_thread_in(SYS_nanosleep, run, &sleeper);
	must(nanosleep(&before, NULL));
	test_daemon();
	test_waitsig();
	wait_syscall(sleeper.tid, SYS_nanosleep);
	pthread_kill(thread, SIGUSR1);
	test_join(thread);
	pass();
}
