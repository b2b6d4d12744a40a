/* SPDX-License-Identifier: Apache-2.0 */
/* tree_zombies.c - children that have ended and were not waited for: how they ended, and in which group. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "zdtm.h"

enum { EXIT_42, KILLED, ABORTED, GROUP_LEADER, SESSION_LEADER, NKINDS };

static void end(int kind)
{
	prctl(PR_SET_NAME, "a zombie");
	switch (kind) {
	case EXIT_42:
		_exit(42);
	case KILLED:
		kill(getpid(), SIGKILL);
		break;
	case ABORTED:
		signal(SIGALRM, SIG_DFL);
		kill(getpid(), SIGALRM);
		break;
	case GROUP_LEADER:
		must(setpgid(0, 0));
		_exit(1);
	default:
		must(setsid());
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	static const int status[NKINDS] = { 42 << 8, SIGKILL, SIGALRM, 1 << 8, 0 };
	pid_t pids[NKINDS];
	siginfo_t info;

	test_init(argc, argv);
	for (int i = 0; i < NKINDS; i++) {
		pids[i] = test_fork();
		if (!pids[i])
			end(i);
		wait_state(pids[i], 'Z');
	}
	test_daemon();
	test_waitsig();
	for (int i = 0; i < NKINDS; i++) {
		must(waitid(P_PID, pids[i], &info, WEXITED | WNOWAIT));
		check(info.si_uid == getuid(), "zombie %d: uid is %d", i, info.si_uid);
		check(getpgid(pids[i]) == (i < GROUP_LEADER ? getpgrp() : pids[i]), "zombie %d: another group", i);
		check(getsid(pids[i]) == (i < SESSION_LEADER ? getsid(0) : pids[i]), "zombie %d: another session", i);
		test_reap(pids[i], status[i]);
	}
	check(waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD, "one child too many");
	pass();
}
