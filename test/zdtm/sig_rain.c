/* SPDX-License-Identifier: Apache-2.0 */
/* sig_rain.c - a child sends queued signals all the time: none is lost, doubled or out of order. */
/* zdtm: volatile=SigPnd,ShdPnd,SigBlk */
#include <sched.h>
#include <signal.h>
#include "zdtm.h"

enum { AHEAD = 50 };	/* far below RLIMIT_SIGPENDING */

static struct { uint32_t sent, received, usr1; } *shared;
static volatile sig_atomic_t wrong = -1;

static void on_rt(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	if ((uint32_t)info->si_value.sival_int != shared->received && wrong < 0)
		wrong = info->si_value.sival_int;
	__atomic_add_fetch(&shared->received, 1, __ATOMIC_RELEASE);
}

static void on_usr1(int sig)
{
	(void)sig;
	shared->usr1++;
}

static void rain(void)
{
	pid_t to = getppid();

	while (test_go()) {
		if (shared->sent - __atomic_load_n(&shared->received, __ATOMIC_ACQUIRE) >= AHEAD) {
			sched_yield();
			continue;
		}
		must(sigqueue(to, SIGRTMIN + 1, (union sigval){ .sival_int = shared->sent }));
		must(kill(to, SIGUSR1));
		__atomic_add_fetch(&shared->sent, 1, __ATOMIC_RELEASE);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	struct sigaction rt = { .sa_sigaction = on_rt, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction usr1 = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };
	pid_t pid;

	test_init(argc, argv);
	shared = test_shared(sizeof(*shared));
	must(sigaction(SIGRTMIN + 1, &rt, NULL));
	must(sigaction(SIGUSR1, &usr1, NULL));
	pid = test_fork();
	if (!pid)
		rain();
	while (!__atomic_load_n(&shared->received, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	must(kill(pid, SIGTERM));
	test_reap(pid, 0);
	/* A lost signal is a wait for ever, should it be one of the last AHEAD; else the next is out of order. */
	while (__atomic_load_n(&shared->received, __ATOMIC_ACQUIRE) < shared->sent)
		sched_yield();
	check(wrong < 0, "signal %d came out of order", wrong);
	check(shared->received == shared->sent, "%u signals sent, %u received", shared->sent, shared->received);
	check(shared->usr1, "no SIGUSR1 came");
	pass();
}
