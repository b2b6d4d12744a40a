/* SPDX-License-Identifier: Apache-2.0 */
/* task_clear_child_tid.c - the kernel clears a word and wakes its waiters when a thread ends (set_tid_address). */
#include <sys/syscall.h>
#include "zdtm.h"

static uint32_t done, word = 1234;

static void *run(void *arg)
{
	must(syscall(SYS_set_tid_address, &word));
	event_wait(&done);
	syscall(SYS_exit, 0);
	return arg;
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	test_thread_in(SYS_futex, run, NULL);
	test_daemon();
	test_waitsig();
	event_set(&done);
	/* Without the wake-up, this waits for ever; the wake-up is not a private one. */
	while (__atomic_load_n(&word, __ATOMIC_ACQUIRE))
		futex_wait(&word, 1234);
	pass();
}
