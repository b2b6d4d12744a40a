/* SPDX-License-Identifier: Apache-2.0 */
/* clone_sighand.c - obstacle: a child process with the same memory and the same signal actions (CLONE_SIGHAND). */
/* zdtm: obstacle=task.shares-signals */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { STACK = 64 * 1024 };

static char stack[STACK] __attribute__((aligned(16)));
static uint32_t go;

static void on_usr1(int sig)
{
	(void)sig;
}

static int child(void *arg)
{
	event_wait(&go);
	return sigaction(SIGUSR1, arg, NULL) ? 1 : 5;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_usr1 }, now;
	pid_t pid;

	test_init(argc, argv);
	pid = must(clone(child, stack + STACK, CLONE_VM | CLONE_SIGHAND | SIGCHLD, &sa));
	wait_syscall(pid, SYS_futex);
	test_daemon();
	test_waitsig();
	event_set(&go);
	test_reap(pid, 5 << 8);
	must(sigaction(SIGUSR1, NULL, &now));
	check(now.sa_handler == on_usr1, "the signal actions are no longer shared");
	pass();
}
