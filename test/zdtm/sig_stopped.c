/* SPDX-License-Identifier: Apache-2.0 */
/* sig_stopped.c - stopped jobs stay stopped, with one and with two threads, and go on with SIGCONT. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "zdtm.h"

enum { CHILDREN = 3 };

static const int stops[CHILDREN] = { SIGSTOP, SIGTSTP, SIGSTOP };
static const bool threaded[CHILDREN] = { false, false, true };
static uint32_t continued, done;

static void on_cont(int sig)
{
	(void)sig;
	event_set(&continued);
}

static void *run(void *arg)
{
	event_wait(&done);
	return arg;
}

static void child(int i)
{
	struct sigaction sa = { .sa_handler = on_cont };
	pthread_t thread;

	must(sigaction(SIGCONT, &sa, NULL));
	/* An orphaned process group would ignore SIGTSTP: this one's parent is in the same session. */
	must(setpgid(0, 0));
	if (threaded[i])
		thread = test_thread_in(SYS_futex, run, NULL);
	must(kill(getpid(), stops[i]));
	test_waitsig();
	event_wait(&continued);		/* the handler may be the other thread's */
	event_set(&done);
	if (threaded[i])
		test_join(thread);
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t children[CHILDREN];
	int status;

	test_init(argc, argv);
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = test_fork();
		if (!children[i])
			child(i);
		must(waitpid(children[i], &status, WUNTRACED));
		check(WIFSTOPPED(status) && WSTOPSIG(status) == stops[i], "child %d: status %#x", i, status);
	}
	test_daemon();
	test_waitsig();
	for (int i = 0; i < CHILDREN; i++) {
		wait_state(children[i], 'T');
		check(!waitpid(children[i], &status, WUNTRACED | WCONTINUED | WNOHANG),
		      "child %d: the parent was told again: %#x", i, status);
		must(kill(children[i], SIGCONT));
		check(waitpid(children[i], &status, WCONTINUED) == children[i] && WIFCONTINUED(status),
		      "child %d was not continued: %#x", i, status);
		test_end(children[i]);
	}
	pass();
}
