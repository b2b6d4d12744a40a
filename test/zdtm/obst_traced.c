/* SPDX-License-Identifier: Apache-2.0 */
/* obst_traced.c - obstacle: a child that its parent traces. */
/* zdtm: obstacle=task.traced */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	pid_t child;
	int status;

	test_init(argc, argv);
	child = test_fork();
	if (!child) {
		must(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
		must(raise(SIGSTOP));
		test_waitsig();
		_exit(0);
	}
	must(waitpid(child, &status, 0));
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "child has wait status %#x", status);
	must(ptrace(PTRACE_CONT, child, NULL, NULL));
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	must(kill(child, SIGTERM));
	must(waitpid(child, &status, 0));
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTERM, "child has wait status %#x", status);
	must(ptrace(PTRACE_CONT, child, NULL, SIGTERM));
	test_reap(child, 0);
	pass();
}
