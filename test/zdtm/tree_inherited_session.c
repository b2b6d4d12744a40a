/* SPDX-License-Identifier: Apache-2.0 */
/* tree_inherited_session.c - children born before their parent left the session: they stay in the old one. */
#include <signal.h>
#include "zdtm.h"

static pid_t old_session, old_group;

static void stay(long arg)
{
	(void)arg;
	test_waitsig();
	check(getsid(0) == old_session, "child: session was %d, is %d", old_session, getsid(0));
	check(getpgrp() == old_group, "child: group was %d, is %d", old_group, getpgrp());
}

/* One child in the old session, one in the new. */
static void leave(long arg)
{
	pid_t first, second;

	(void)arg;
	old_session = getsid(0);
	old_group = getpgrp();
	first = test_child(stay, 0);
	must(setsid());
	old_session = old_group = getpid();
	second = test_child(stay, 0);
	test_waitsig();
	check(getsid(0) == getpid(), "parent: session is %d", getsid(0));
	test_end(first);
	test_end(second);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(leave, 0);
	test_daemon();
	test_waitsig();
	test_end(pid);
	pass();
}
