/* SPDX-License-Identifier: Apache-2.0 */
/* sys_pause.c - a thread blocked in pause, which only a signal handler ends. */
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

static volatile sig_atomic_t handled;
static pid_t tid;

static void on_usr1(int sig)
{
	(void)sig;
	handled = 1;
}

static void *run(void *arg)
{
	tid = gettid();
	check(syscall(SYS_pause) == -1 && errno == EINTR, "pause: %s", strerror(errno));
	check(handled, "pause returned without a signal");
	return arg;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_usr1 };
	pthread_t thread;

	test_init(argc, argv);
	must(sigaction(SIGUSR1, &sa, NULL));
	thread = test_thread_in(SYS_pause, run, NULL);
	test_daemon();
	test_waitsig();
	wait_syscall(tid, SYS_pause);
	must(tgkill(getpid(), tid, SIGUSR1));
	test_join(thread);
	pass();
}
