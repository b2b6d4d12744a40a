/* SPDX-License-Identifier: Apache-2.0 */
/* tree_dead_group.c - a process group whose leader is gone, and one whose leader is a zombie. */
#include <signal.h>
#include "zdtm.h"

enum { REAPED, ZOMBIE, NGROUPS };

static void lead(long arg)
{
	(void)arg;
	must(setpgid(0, 0));
	test_waitsig();
}

static void join(long group)
{
	must(setpgid(0, group));
	test_waitsig();
	check(getpgrp() == group, "group was %ld, is %d", group, getpgrp());
}

int main(int argc, char **argv)
{
	pid_t leaders[NGROUPS], members[NGROUPS];

	test_init(argc, argv);
	for (int i = 0; i < NGROUPS; i++) {
		leaders[i] = test_child(lead, 0);
		members[i] = test_child(join, leaders[i]);
		must(kill(leaders[i], SIGTERM));
		wait_state(leaders[i], 'Z');
	}
	test_reap(leaders[REAPED], 0);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < NGROUPS; i++) {
		must(kill(-leaders[i], SIGTERM));	/* still a group */
		test_reap(members[i], 0);
	}
	test_reap(leaders[ZOMBIE], 0);
	pass();
}
