/* SPDX-License-Identifier: Apache-2.0 */
/* sig_stopped_twice.c - a stopped job with more stop signals on its queue: it goes on at the first SIGCONT, which takes them away. */
/* The queue may lose them over a restore: nothing takes a stop signal from it but SIGCONT, which drops it. */
/* zdtm: volatile=ShdPnd,SigQ */
#include <signal.h>
#include <sys/wait.h>
#include "zdtm.h"

static volatile sig_atomic_t continued;

static void on_cont(int sig)
{
	continued += sig;
}

static void child(void)
{
	signal(SIGCONT, on_cont);
	must(setpgid(0, 0));
	must(raise(SIGSTOP));
	check(continued == SIGCONT, "no SIGCONT");
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
	must(waitpid(pid, &status, WUNTRACED));
	must(kill(pid, SIGSTOP));
	must(kill(pid, SIGTSTP));
	check(task_status(pid, "ShdPnd", 16), "nothing is pending");
	test_daemon();
	test_waitsig();
	wait_state(pid, 'T');
	check(!waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG), "the parent was told again: %#x", status);
	must(kill(pid, SIGCONT));
	check(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status), "it was not continued: %#x", status);
	test_end(pid);
	check(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "one child too many");
	pass();
}
