/* SPDX-License-Identifier: Apache-2.0 */
/* sig_pending.c - blocked signals that are pending: for the process and for a thread, with siginfo and order. */
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

struct want { int sig, code, value; bool has_value; };

/* In the order in which the kernel gives them: own queue first, low numbers first, then first come. */
static const struct want shared[] = {
	{ .sig = SIGUSR1, .code = SI_USER },
	{ .sig = 40, .code = SI_QUEUE, .value = 11, .has_value = true },
	{ .sig = 40, .code = SI_QUEUE, .value = 7, .has_value = true },
	{ .sig = 40, .code = SI_QUEUE, .value = 11, .has_value = true },
	{ .sig = 41, .code = -60, .value = 1 << 30, .has_value = true },
	{ }
};
static const struct want private[] = {
	{ .sig = SIGUSR2, .code = SI_TKILL },
	{ .sig = 40, .code = SI_TKILL },
	{ .sig = 40, .code = SI_QUEUE, .value = -5, .has_value = true },
	{ .sig = 64, .code = SI_TKILL },
	{ }
};

static uint32_t done;
static pid_t tid;
static sigset_t all;

static void send(const struct want *w, pid_t to)
{
	siginfo_t info = { .si_signo = w->sig, .si_code = w->code };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = w->value;
	if (w->code == SI_USER)
		must(kill(getpid(), w->sig));
	else if (w->code == SI_TKILL)
		must(tgkill(getpid(), to, w->sig));
	else if (to)
		must(syscall(SYS_rt_tgsigqueueinfo, getpid(), to, w->sig, &info));
	else
		must(syscall(SYS_rt_sigqueueinfo, getpid(), w->sig, &info));
}

static void receive(const char *queue, const struct want *w)
{
	struct timespec zero = {};
	siginfo_t info;
	int sig;

	for (; w->sig; w++) {
		/* Not sigtimedwait(3), which changes si_code. */
		sig = syscall(SYS_rt_sigtimedwait, &all, &info, &zero, 8);
		check(sig == w->sig, "%s: got signal %d, not %d", queue, sig, w->sig);
		check(info.si_code == w->code, "%s: signal %d has code %d", queue, sig, info.si_code);
		check(info.si_pid == getpid() && info.si_uid == getuid(), "%s: signal %d: sender is pid %d uid %d",
		      queue, sig, info.si_pid, info.si_uid);
		check(!w->has_value || info.si_value.sival_int == w->value, "%s: signal %d has value %d",
		      queue, sig, info.si_value.sival_int);
	}
}

static void *run(void *arg)
{
	event_wait(&done);
	receive("thread", private);
	return arg;
}

int main(int argc, char **argv)
{
	struct timespec zero = {};
	pthread_t thread;

	test_init(argc, argv);
	sigemptyset(&all);
	for (const struct want *w = shared; w->sig; w++)
		sigaddset(&all, w->sig);
	for (const struct want *w = private; w->sig; w++)
		sigaddset(&all, w->sig);
	must(sigprocmask(SIG_BLOCK, &all, NULL));
	thread = test_thread_tid(&tid, run, NULL);
	wait_syscall(tid, SYS_futex);
	for (const struct want *w = shared; w->sig; w++)
		send(w, 0);
	for (const struct want *w = private; w->sig; w++)
		send(w, tid);
	test_daemon();
	test_waitsig();
	receive("process", shared);
	event_set(&done);
	test_join(thread);
	check(syscall(SYS_rt_sigtimedwait, &all, NULL, &zero, 8) == -1 && errno == EAGAIN, "one signal too many");
	pass();
}
