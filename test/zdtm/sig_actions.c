/* SPDX-License-Identifier: Apache-2.0 */
/* sig_actions.c - the action of each of the 64 signals: handler, flags, mask, restorer. */
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { NSIGNALS = 64 };

/* What the kernel keeps (arch/x86/include/uapi/asm/signal.h); glibc hides signals 32 and 33, and the restorer. */
struct action { uint64_t handler, flags, restorer, mask; };

static struct action set[NSIGNALS + 1];
static volatile sig_atomic_t came;

static void on_signal(int sig)
{
	came = sig;
}

static void get(int sig, struct action *a)
{
	memset(a, 0, sizeof(*a));
	must(syscall(SYS_rt_sigaction, sig, NULL, a, sizeof(a->mask)));
}

/* The restorer must be glibc's: handlers do run. */
static void prepare(int sig, uint64_t restorer)
{
	static const uint64_t handlers[] = { (uint64_t)SIG_DFL, (uint64_t)SIG_IGN, (uint64_t)on_signal };
	static const uint64_t flags[] = { SA_RESTART, SA_NODEFER, SA_ONSTACK, SA_SIGINFO, SA_RESETHAND,
		SA_NOCLDSTOP | SA_NOCLDWAIT };
	struct action a = { .handler = handlers[sig % 3], .restorer = restorer,
		.flags = 0x04000000 /* SA_RESTORER */ | flags[sig % 6], .mask = 1ULL << ((sig * 7) % 64) | 1 };

	if (sig != SIGKILL && sig != SIGSTOP && sig != SIGTERM)
		must(syscall(SYS_rt_sigaction, sig, &a, NULL, sizeof(a.mask)));
	get(sig, &set[sig]);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct action a;

	test_init(argc, argv);
	must(sigaction(SIGUSR1, &sa, NULL));
	get(SIGUSR1, &a);
	for (int sig = 1; sig <= NSIGNALS; sig++)
		prepare(sig, a.restorer);
	test_daemon();
	test_waitsig();
	for (int sig = 1; sig <= NSIGNALS; sig++) {
		get(sig, &a);
		check(a.handler == set[sig].handler, "signal %d: handler is %#lx", sig, a.handler);
		check(a.flags == set[sig].flags, "signal %d: flags are %#lx", sig, a.flags);
		check(a.mask == set[sig].mask, "signal %d: mask is %#lx", sig, a.mask);
		check(a.restorer == set[sig].restorer, "signal %d: restorer is %#lx", sig, a.restorer);
	}
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++) {
		if (set[sig].handler != (uint64_t)on_signal)
			continue;
		must(tgkill(getpid(), gettid(), sig));
		check(came == sig, "the handler of signal %d did not run", sig);
	}
	pass();
}
