/* SPDX-License-Identifier: Apache-2.0 */
/* obst_shared_mm.c - obstacle: a child that shares its memory with its parent (CLONE_VM). */
/* zdtm: obstacle=task.shares-memory */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "obst.h"

static uint32_t word;

/* Raw calls only: it shares the parent's thread-local storage. */
static int run_child(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&word, __ATOMIC_ACQUIRE))
		futex_wait(&word, 0);
	return 5;
}

int main(int argc, char **argv)
{
	pid_t child;
	char *stack;

	test_init(argc, argv);
	stack = map_anon(16 * PAGE, PROT_READ | PROT_WRITE, 0);
	child = must(clone(run_child, stack + 16 * PAGE, CLONE_VM | SIGCHLD, NULL));
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	event_set(&word);
	test_reap(child, 5 << 8);
	pass();
}
