/* SPDX-License-Identifier: Apache-2.0 */
/* tree_threads.c - a thousand threads, each with a tid, TLS and stack of its own. */
#include <sys/syscall.h>
#include "zdtm.h"

enum { THREADS = 1000 };

static __thread long number;
static uint32_t done;
static pid_t tids[THREADS];

static void *run(void *arg)
{
	unsigned char local[256];
	long i = number = (long)arg;

	test_datagen(local, sizeof(local), i);
	event_wait(&done);
	check(gettid() == tids[i], "thread %ld: tid was %d, is %d", i, tids[i], gettid());
	check(number == i, "thread %ld: TLS variable is %ld", i, number);
	check(test_datachk(local, sizeof(local), i) < 0, "thread %ld: stack changed", i);
	return (void *)(i + 1);
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	test_init(argc, argv);
	for (long i = 0; i < THREADS; i++)
		threads[i] = test_thread_tid(&tids[i], run, (void *)i);
	for (int i = 0; i < THREADS; i++)
		wait_syscall(tids[i], SYS_futex);
	test_daemon();
	test_waitsig();
	event_set(&done);
	for (long i = 0; i < THREADS; i++)
		check(test_join(threads[i]) == (void *)(i + 1), "thread %ld: another exit value", i);
	pass();
}
