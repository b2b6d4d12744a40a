/* SPDX-License-Identifier: Apache-2.0 */
/* tree_nocldwait.c - children of a process that ignores SIGCHLD leave no zombie. */
#include <signal.h>
#include <sys/wait.h>
#include "zdtm.h"

static void child(long i)
{
	(void)i;
	test_waitsig();
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	must(signal(SIGCHLD, SIG_IGN) == SIG_ERR ? -1 : 0);
	pid = test_child(child, 0);
	test_daemon();
	test_waitsig();
	must(kill(pid, SIGTERM));
	check(waitpid(pid, NULL, 0) == -1 && errno == ECHILD, "the child became a zombie");
	pass();
}
