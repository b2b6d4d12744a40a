/* SPDX-License-Identifier: Apache-2.0 */
/* task_dumpable.c - a process that is not dumpable stays so, a child that is stays so too. */
#include <sys/prctl.h>
#include "zdtm.h"

static void child(long arg)
{
	(void)arg;
	test_waitsig();
	check(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1, "the child is %d", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	pid = test_child(child, 0);
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	test_daemon();
	test_waitsig();
	check(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "the process is dumpable");
	must(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	test_end(pid);
	pass();
}
