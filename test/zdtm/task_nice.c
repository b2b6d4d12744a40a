/* SPDX-License-Identifier: Apache-2.0 */
/* task_nice.c - nice values of a process, its threads and a child. */
#include <sys/resource.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { THREADS = 3 };

static uint32_t done;

static void check_nice(const char *who, int want)
{
	int nice_value = must(getpriority(PRIO_PROCESS, 0));

	check(nice_value == want, "%s: nice value was %d, is %d", who, want, nice_value);
}

static void *run(void *arg)
{
	must(setpriority(PRIO_PROCESS, 0, (long)arg));
	event_wait(&done);
	check_nice("thread", (long)arg);
	return NULL;
}

static void child(long value)
{
	must(setpriority(PRIO_PROCESS, 0, value));
	test_waitsig();
	check_nice("child", value);
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	pid_t pid;

	test_init(argc, argv);
	for (long i = 0; i < THREADS; i++)
		threads[i] = test_thread_in(SYS_futex, run, (void *)(19 - 2 * i));
	pid = test_child(child, 7);
	must(setpriority(PRIO_PROCESS, 0, 3));
	test_daemon();
	test_waitsig();
	check_nice("leader", 3);
	event_set(&done);
	for (int i = 0; i < THREADS; i++)
		test_join(threads[i]);
	test_end(pid);
	pass();
}
