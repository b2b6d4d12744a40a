/* SPDX-License-Identifier: Apache-2.0 */
/* tree_sibling.c - a child made with CLONE_PARENT: it is its maker's sibling, and the root's child. */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

static pid_t *sibling;

static void child(long arg)
{
	pid_t pid = must(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0));

	(void)arg;
	if (pid)
		*sibling = pid;
	test_waitsig();
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	sibling = test_shared(sizeof(*sibling));
	pid = test_child(child, 0);
	wait_syscall(*sibling, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(pid);
	test_end(*sibling);
	pass();
}
