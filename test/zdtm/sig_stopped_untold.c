/* SPDX-License-Identifier: Apache-2.0 */
/* sig_stopped_untold.c - a stop that the parent has not waited for yet: it is told after the restore, once. */
#include <signal.h>
#include <sys/wait.h>
#include "zdtm.h"

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	test_init(argc, argv);
	pid = test_fork();
	if (!pid) {
		must(kill(getpid(), SIGSTOP));
		test_waitsig();
		_exit(0);
	}
	wait_state(pid, 'T');
	test_daemon();
	test_waitsig();
	check(waitpid(pid, &status, WUNTRACED | WNOHANG) == pid, "the stop is not told any more");
	check(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "status %#x", status);
	check(!waitpid(pid, &status, WUNTRACED | WNOHANG), "the stop is told twice");
	must(kill(pid, SIGCONT));
	test_end(pid);
	pass();
}
