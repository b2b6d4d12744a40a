/* SPDX-License-Identifier: Apache-2.0 */
/* sys_sleep.c - nanosleep and clock_nanosleep, relative and absolute: never interrupted, never short. */
#include <sys/syscall.h>
#include <time.h>
#include "zdtm.h"

#define STEP 30000000UL		/* 30 ms: at any time, each thread is asleep */

static struct timespec timespec(uint64_t ns)
{
	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

static void *relative(void *arg)
{
	struct timespec ts = timespec(STEP), left;

	while (test_go()) {
		uint64_t start = test_now();

		check(!syscall(SYS_nanosleep, &ts, arg ? &left : NULL), "nanosleep: %s", strerror(errno));
		check(test_now() - start >= STEP, "nanosleep slept for %lu ns only", test_now() - start);
	}
	return NULL;
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	must(clock_gettime(clock, &ts));
	return ts.tv_sec * 1000000000UL + ts.tv_nsec;
}

static void *clock_relative(void *arg)
{
	struct timespec ts = timespec(STEP);
	clockid_t clock = *(clockid_t *)arg;

	while (test_go()) {
		uint64_t start = now(clock), took;

		check(!syscall(SYS_clock_nanosleep, clock, 0, &ts, NULL), "clock_nanosleep, relative: %s",
		      strerror(errno));
		took = now(clock) - start;
		check(took >= STEP, "clock_nanosleep slept for %lu ns only", took);
	}
	return NULL;
}

static void *clock_absolute(void *arg)
{
	uint64_t until = test_now();
	struct timespec ts;

	while (test_go()) {
		until += STEP;
		ts = timespec(until);
		check(!syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL),
		      "clock_nanosleep, absolute: %s", strerror(errno));
		check(test_now() >= until, "clock_nanosleep returned %lu ns too early", until - test_now());
	}
	return arg;
}

int main(int argc, char **argv)
{
	clockid_t monotonic = CLOCK_MONOTONIC, boottime = CLOCK_BOOTTIME;
	pthread_t threads[5];

	test_init(argc, argv);
	threads[0] = test_thread_in(SYS_nanosleep, relative, NULL);
	threads[1] = test_thread_in(SYS_nanosleep, relative, &threads);
	threads[2] = test_thread_in(SYS_clock_nanosleep, clock_relative, &monotonic);
	threads[3] = test_thread_in(SYS_clock_nanosleep, clock_relative, &boottime);
	threads[4] = test_thread_in(SYS_clock_nanosleep, clock_absolute, NULL);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < 5; i++)
		test_join(threads[i]);
	pass();
}
