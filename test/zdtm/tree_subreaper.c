/* SPDX-License-Identifier: Apache-2.0 */
/* tree_subreaper.c - a subreaper goes on to adopt orphans. */
#include <signal.h>
#include <sys/prctl.h>
#include "zdtm.h"

static pid_t *shared_pid;

static void grandchild(long subreaper)
{
	test_waitsig();
	while (getppid() != subreaper)
		check(getppid() != 1, "the orphan was adopted by init");
}

static void middle(long subreaper)
{
	*shared_pid = test_child(grandchild, subreaper);
	test_waitsig();
}

int main(int argc, char **argv)
{
	int is = 0;
	pid_t pid;

	test_init(argc, argv);
	shared_pid = test_shared(sizeof(*shared_pid));
	must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	pid = test_child(middle, getpid());
	test_daemon();
	test_waitsig();
	must(prctl(PR_GET_CHILD_SUBREAPER, &is, 0, 0, 0));
	check(is, "no longer a subreaper");
	test_end(pid);
	test_end(*shared_pid);
	pass();
}
