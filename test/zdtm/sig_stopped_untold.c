/* SPDX-License-Identifier: Apache-2.0 */
/* sig_stopped_untold.c - a child whose stop the parent has not waited for stays stopped, and goes on with SIGCONT. */
#include <signal.h>
#include <sys/wait.h>
#include "zdtm.h"

static volatile sig_atomic_t continued;

static void on_cont(int sig)
{
	(void)sig;
	continued = 1;
}

static _Noreturn void child(void)
{
	struct sigaction sa = { .sa_handler = on_cont };

	must(sigaction(SIGCONT, &sa, NULL));
	must(kill(getpid(), SIGSTOP));
	check(continued, "child: it ran without SIGCONT");
	test_waitsig();
	_exit(0);
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	test_init(argc, argv);
	pid = test_fork();
	if (!pid)
		child();
	wait_state(pid, 'T');
	test_daemon();
	test_waitsig();
	wait_state(pid, 'T');
	must(kill(pid, SIGCONT));
	check(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status), "it was not continued: %#x", status);
	test_end(pid);
	pass();
}
