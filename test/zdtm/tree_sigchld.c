/* SPDX-License-Identifier: Apache-2.0 */
/* tree_sigchld.c - SIGCHLD and wait for children that end after the restore. */
#include <signal.h>
#include <sys/wait.h>
#include "zdtm.h"

enum { CHILDREN = 3 };

static volatile sig_atomic_t came;
static siginfo_t last;

static void on_sigchld(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	last = *info;
	came++;
}

static void child(long i)
{
	test_waitsig();
	_exit(10 + i);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = on_sigchld, .sa_flags = SA_SIGINFO | SA_RESTART };
	pid_t pids[CHILDREN];
	int status;

	test_init(argc, argv);
	must(sigaction(SIGCHLD, &sa, NULL));
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = test_child(child, i);
	test_daemon();
	test_waitsig();
	check(!came, "%d SIGCHLD before any child ended", came);
	for (int i = 0; i < CHILDREN; i++) {
		must(kill(pids[i], SIGTERM));
		check(must(waitpid(-1, &status, 0)) == pids[i], "wait gave another child");
		check(WIFEXITED(status) && WEXITSTATUS(status) == 10 + i, "child %d: status %#x", i, status);
		check(came == i + 1, "child %d: %d SIGCHLDs", i, came);
		check(last.si_pid == pids[i] && last.si_code == CLD_EXITED && last.si_status == 10 + i,
		      "child %d: pid %d code %d status %d", i, last.si_pid, last.si_code, last.si_status);
	}
	check(waitpid(-1, &status, 0) == -1 && errno == ECHILD, "one child too many");
	pass();
}
