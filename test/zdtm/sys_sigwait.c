/* SPDX-License-Identifier: Apache-2.0 */
/* sys_sigwait.c - rt_sigtimedwait: waiting for ever, and with a timeout; no EINTR. */
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include "zdtm.h"

#define STEP 30000000UL

static pid_t tid;

static void *forever(void *arg)
{
	siginfo_t info;
	sigset_t set;
	int sig;

	tid = gettid();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	/* Not sigwaitinfo(3), which changes si_code. */
	sig = syscall(SYS_rt_sigtimedwait, &set, &info, NULL, _NSIG / 8);
	check(sig == SIGUSR1, "rt_sigtimedwait: %d, %s", sig, strerror(errno));
	check(info.si_code == SI_TKILL && info.si_pid == getpid(), "other siginfo");
	return arg;
}

static void *timed(void *arg)
{
	struct timespec ts = { .tv_nsec = STEP };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	while (test_go()) {
		uint64_t start = test_now();
		int sig = sigtimedwait(&set, NULL, &ts);

		check(sig == -1 && errno == EAGAIN, "sigtimedwait: %d, %s", sig, strerror(errno));
		check(test_now() - start >= STEP, "sigtimedwait timed out after %lu ns", test_now() - start);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	sigset_t set;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	threads[0] = test_thread_in(SYS_rt_sigtimedwait, forever, NULL);
	threads[1] = test_thread_in(SYS_rt_sigtimedwait, timed, NULL);
	test_daemon();
	test_waitsig();
	must(tgkill(getpid(), tid, SIGUSR1));
	test_join(threads[0]);
	test_join(threads[1]);
	pass();
}
