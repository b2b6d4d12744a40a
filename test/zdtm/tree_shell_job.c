/* SPDX-License-Identifier: Apache-2.0 */
/* tree_shell_job.c - a job of a session that goes on outside of the tree: a group with two members. */
/* zdtm: flags=shelljob */
#include "zdtm.h"

static pid_t session, group;

static void verify(const char *who)
{
	check(getsid(0) == session, "%s: session was %d, is %d", who, session, getsid(0));
	check(getpgrp() == group, "%s: group was %d, is %d", who, group, getpgrp());
}

static void child(long arg)
{
	(void)arg;
	test_waitsig();
	verify("child");
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	session = getsid(0);
	group = getpgrp();
	check(session != getpid(), "the program is a session leader");
	pid = test_child(child, 0);
	test_daemon();
	test_waitsig();
	verify("parent");
	test_end(pid);
	pass();
}
