/* SPDX-License-Identifier: Apache-2.0 */
/* sig_masks.c - each thread has a signal mask of its own. */
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { THREADS = 6 };
#define UNBLOCKABLE (1ULL << (SIGKILL - 1) | 1ULL << (SIGSTOP - 1))

static uint32_t done;
static pid_t tids[THREADS];

static uint64_t wanted(long i)
{
	uint64_t mask;

	test_datagen(&mask, sizeof(mask), i);
	return (i ? mask | 1ULL << (SIGTERM - 1) : mask & ~(1ULL << (SIGTERM - 1))) & ~UNBLOCKABLE;
}

static void set_mask(long i)
{
	uint64_t mask = wanted(i);

	must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask)));
}

static void check_mask(long i)
{
	uint64_t mask;

	must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof(mask)));
	check(mask == wanted(i), "thread %ld: mask is %#lx, not %#lx", i, mask, wanted(i));
}

static void *run(void *arg)
{
	set_mask((long)arg);
	__atomic_store_n(&tids[(long)arg], gettid(), __ATOMIC_RELEASE);
	event_wait(&done);
	check_mask((long)arg);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	test_init(argc, argv);
	for (long i = 1; i < THREADS; i++) {
		threads[i] = test_thread(run, (void *)i);
		while (!__atomic_load_n(&tids[i], __ATOMIC_ACQUIRE))
			;
		wait_syscall(tids[i], SYS_futex);
	}
	set_mask(0);
	test_daemon();
	test_waitsig();
	check_mask(0);
	event_set(&done);
	for (int i = 1; i < THREADS; i++)
		test_join(threads[i]);
	pass();
}
