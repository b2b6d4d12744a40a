/* SPDX-License-Identifier: Apache-2.0 */
/* sig_frames.c - a checkpoint within three nested signal handlers, which then return one by one. */
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { LEVELS = 3 };

static int signals[LEVELS];
static uint32_t done;
static volatile sig_atomic_t returned;

static uint64_t get_mask(void)
{
	uint64_t mask;

	must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof(mask)));
	return mask;
}

static int level_of(int sig)
{
	int level = 0;

	while (signals[level] != sig)
		level++;
	return level;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	int level = level_of(sig);
	uint64_t mask = get_mask();
	unsigned char local[512];

	(void)context;
	test_datagen(local, sizeof(local), level);
	if (level + 1 < LEVELS)
		must(tgkill(getpid(), gettid(), signals[level + 1]));
	else
		event_wait(&done);
	check(returned == LEVELS - 1 - level, "level %d returns after %d others", level, returned);
	check(test_datachk(local, sizeof(local), level) < 0, "level %d: local data changed", level);
	check(get_mask() == mask, "level %d: mask is %#lx, not %#lx", level, get_mask(), mask);
	check(info->si_signo == sig && info->si_code == SI_TKILL, "level %d: siginfo changed", level);
	returned++;
}

static void *run(void *arg)
{
	uint64_t mask = get_mask();
	double value = 1.5;

	asm volatile("" : "+x"(value));		/* in a register, which the frames hold */
	must(tgkill(getpid(), gettid(), signals[0]));
	asm volatile("" : "+x"(value));
	check(value == 1.5, "a register changed: %g", value);
	check(returned == LEVELS, "only %d handlers returned", returned);
	check(get_mask() == mask, "mask is %#lx, not %#lx", get_mask(), mask);
	return arg;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	pthread_t thread;

	test_init(argc, argv);
	signals[0] = SIGUSR1;
	signals[1] = SIGUSR2;
	signals[2] = SIGRTMIN + 3;
	for (int i = 0; i < LEVELS; i++) {
		sigaddset(&sa.sa_mask, SIGRTMIN + 10 + i);
		must(sigaction(signals[i], &sa, NULL));
	}
	thread = test_thread_in(SYS_futex, run, NULL);
	test_daemon();
	test_waitsig();
	event_set(&done);
	test_join(thread);
	pass();
}
