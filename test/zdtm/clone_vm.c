/* SPDX-License-Identifier: Apache-2.0 */
/* clone_vm.c - obstacle: a child process in the same memory (CLONE_VM, with signal handlers of its own). */
/* zdtm: obstacle=task.shares-memory */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { STACK = 64 * 1024 };

static char stack[STACK] __attribute__((aligned(16)));
static uint32_t go;
static int written;

static void on_usr1(int sig)
{
	(void)sig;
}

/* It shares the parent's TLS, errno included: nothing but plain calls here. */
static int child(void *arg)
{
	event_wait(&go);
	written = *(int *)arg;
	return 5;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	int value = 4711;
	pid_t pid;

	test_init(argc, argv);
	pid = must(clone(child, stack + STACK, CLONE_VM | SIGCHLD, &value));
	wait_syscall(pid, SYS_futex);
	must(sigaction(SIGUSR1, &sa, NULL));
	test_daemon();
	test_waitsig();
	event_set(&go);
	test_reap(pid, 5 << 8);
	check(written == value, "the memory is no longer shared");
	pass();
}
