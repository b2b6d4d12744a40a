/* SPDX-License-Identifier: Apache-2.0 */
/* tree_exit_signal.c - children that tell their end with a signal other than SIGCHLD, or with none. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "zdtm.h"

enum { CHILDREN = 4 };

static const int signals[CHILDREN] = { SIGUSR1, 50, 0, SIGCHLD };

static pid_t spawn(int exit_signal)
{
	pid_t pid = must(syscall(SYS_clone, exit_signal, NULL, NULL, NULL, 0));

	if (!pid) {
		test_waitsig();
		_exit(3);
	}
	wait_syscall(pid, SYS_futex);
	return pid;
}

int main(int argc, char **argv)
{
	struct timespec zero = {};
	pid_t pids[CHILDREN];
	siginfo_t info;
	sigset_t set;
	int sig;

	test_init(argc, argv);
	sigemptyset(&set);
	for (int i = 0; i < CHILDREN; i++)
		if (signals[i])
			sigaddset(&set, signals[i]);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = spawn(signals[i]);
	test_daemon();
	test_waitsig();
	check(sigtimedwait(&set, &info, &zero) == -1, "a signal before any child ended");
	for (int i = 0; i < CHILDREN; i++) {
		must(kill(pids[i], SIGTERM));
		test_reap(pids[i], 3 << 8);
		sig = sigtimedwait(&set, &info, &zero);
		check(sig == (signals[i] ? signals[i] : -1), "child %d: signal %d at its end", i, sig);
		check(sig < 0 || (info.si_pid == pids[i] && info.si_code == CLD_EXITED && info.si_status == 3),
		      "child %d: pid %d code %d status %d", i, info.si_pid, info.si_code, info.si_status);
	}
	pass();
}
