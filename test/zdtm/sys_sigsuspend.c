/* SPDX-License-Identifier: Apache-2.0 */
/* sys_sigsuspend.c - a thread blocked in sigsuspend: the mask for the call, and the one to come back to. */
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

static volatile sig_atomic_t usr1, usr2;
static pid_t tid;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		usr1 = 1;
	else
		usr2 = 1;
}

static void *run(void *arg)
{
	sigset_t normal, during, now;

	sigemptyset(&normal);
	sigaddset(&normal, SIGUSR1);
	sigaddset(&normal, SIGTERM);
	sigaddset(&normal, SIGRTMIN + 5);
	sigfillset(&during);
	sigdelset(&during, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &normal, NULL);
	__atomic_store_n(&tid, gettid(), __ATOMIC_RELEASE);
	check(sigsuspend(&during) == -1 && errno == EINTR, "sigsuspend: %s", strerror(errno));
	check(usr1, "sigsuspend returned without SIGUSR1");
	/* SIGUSR2 was blocked during the call, and is open now. */
	check(usr2, "SIGUSR2 did not come after the call");
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		check(sigismember(&now, sig) == sigismember(&normal, sig), "signal %d: mask not as before", sig);
	return arg;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pthread_t thread;

	test_init(argc, argv);
	must(sigaction(SIGUSR1, &sa, NULL));
	must(sigaction(SIGUSR2, &sa, NULL));
	thread = test_thread_in(SYS_rt_sigsuspend, run, NULL);
	test_daemon();
	test_waitsig();
	wait_syscall(tid, SYS_rt_sigsuspend);
	must(tgkill(getpid(), tid, SIGUSR2));
	check(!usr2, "SIGUSR2 was not blocked in sigsuspend");
	must(tgkill(getpid(), tid, SIGUSR1));
	test_join(thread);
	pass();
}
