/* SPDX-License-Identifier: Apache-2.0 */
/* tree_dead_session.c - orphans whose session leader is gone, adopted by a subreaper. */
#include <signal.h>
#include <sys/prctl.h>
#include "zdtm.h"

enum { ORPHANS = 2 };

static int out;

static void orphan(long own_group)
{
	pid_t session = getsid(0), group;

	close(out);
	if (own_group)
		must(setpgid(0, 0));
	group = getpgrp();
	test_waitsig();
	check(getsid(0) == session, "orphan: session was %d, is %d", session, getsid(0));
	check(getpgrp() == group, "orphan: group was %d, is %d", group, getpgrp());
}

static void leader(void)
{
	pid_t pids[ORPHANS];

	must(setsid());
	for (int i = 0; i < ORPHANS; i++)
		pids[i] = test_child(orphan, i);
	check(write(out, pids, sizeof(pids)) == sizeof(pids), "cannot tell the pids");
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t leader_pid, pids[ORPHANS];
	int pipefd[2];

	test_init(argc, argv);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	must(pipe(pipefd));
	leader_pid = test_fork();
	if (!leader_pid) {
		close(pipefd[0]);
		out = pipefd[1];
		leader();
	}
	check(read(pipefd[0], pids, sizeof(pids)) == sizeof(pids), "cannot read the pids");
	close(pipefd[0]);
	close(pipefd[1]);
	test_reap(leader_pid, 0);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < ORPHANS; i++) {
		check(getsid(pids[i]) == leader_pid, "orphan %d: another session", i);
		test_end(pids[i]);
	}
	pass();
}
