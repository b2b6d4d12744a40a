/* SPDX-License-Identifier: Apache-2.0 */
/* tree_sessions.c - sessions and process groups as a shell with jobs makes them. */
#include <signal.h>
#include <signal.h>
#include "zdtm.h"

enum { JOBS = 2, MEMBERS = 3 };

struct ids { pid_t pid, parent, group, session; };

static struct ids get_ids(void)
{
	return (struct ids){ getpid(), getppid(), getpgrp(), getsid(0) };
}

static void wait_and_check(const char *who)
{
	struct ids before = get_ids(), after;

	test_waitsig();
	after = get_ids();
	check(after.pid == before.pid, "%s: pid was %d, is %d", who, before.pid, after.pid);
	check(after.parent == before.parent, "%s: parent was %d, is %d", who, before.parent, after.parent);
	check(after.group == before.group, "%s: group was %d, is %d", who, before.group, after.group);
	check(after.session == before.session, "%s: session was %d, is %d", who, before.session, after.session);
}

static void member(long group)
{
	must(setpgid(0, group));
	wait_and_check("member of a job");
}

/* Each job is a group whose first member leads it. */
static void shell(long arg)
{
	pid_t pids[JOBS][MEMBERS];

	(void)arg;
	must(setsid());
	for (int job = 0; job < JOBS; job++)
		for (int i = 0; i < MEMBERS; i++)
			pids[job][i] = test_child(member, i ? pids[job][0] : 0);
	wait_and_check("shell");
	for (int job = 0; job < JOBS; job++) {
		must(kill(-pids[job][0], 0));
		for (int i = 0; i < MEMBERS; i++)
			test_end(pids[job][i]);
	}
}

int main(int argc, char **argv)
{
	pid_t shells[2];

	test_init(argc, argv);
	for (int i = 0; i < 2; i++)
		shells[i] = test_child(shell, 0);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < 2; i++)
		test_end(shells[i]);
	pass();
}
