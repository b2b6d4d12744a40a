/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_fpu_control.c - rounding modes (mxcsr, x87 control word) of threads that sleep. */
#include <sys/syscall.h>
#include "zdtm.h"

enum { MODES = 4 };

static uint32_t done;
static pid_t tids[MODES];

static uint32_t get_mxcsr(void)
{
	uint32_t v;

	asm volatile("stmxcsr %0" : "=m"(v));
	return v;
}

static uint16_t get_control(void)
{
	uint16_t v;

	asm volatile("fnstcw %0" : "=m"(v));
	return v;
}

/* 1/3 depends on the rounding mode. */
static double third(void)
{
	volatile double one = 1, three = 3;

	return one / three;
}

static void *run(void *arg)
{
	long mode = (long)arg;
	uint32_t mxcsr = 0x1f80 | mode << 13;
	uint16_t control = 0x37f | mode << 10;
	double before;

	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	asm volatile("fldcw %0" : : "m"(control));
	before = third();
	mxcsr = get_mxcsr();		/* now with the sticky inexact bit */
	__atomic_store_n(&tids[mode], gettid(), __ATOMIC_RELEASE);
	event_wait(&done);
	check(get_mxcsr() == mxcsr, "mode %ld: mxcsr is %#x, not %#x", mode, get_mxcsr(), mxcsr);
	check(get_control() == control, "mode %ld: control word is %#x, not %#x", mode, get_control(), control);
	check(third() == before, "mode %ld: 1/3 is rounded in another way", mode);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[MODES];

	test_init(argc, argv);
	for (long i = 0; i < MODES; i++) {
		threads[i] = test_thread(run, (void *)i);
		while (!__atomic_load_n(&tids[i], __ATOMIC_ACQUIRE))
			;
		wait_syscall(tids[i], SYS_futex);
	}
	test_daemon();
	test_waitsig();
	event_set(&done);
	for (int i = 0; i < MODES; i++)
		test_join(threads[i]);
	pass();
}
