/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c - waiting for one tracee, with a time limit and an ear for signals.
 *
 * Each tid is waited for by number: wait4(-1) walks all tracees each time.
 * SIGCHLD is blocked, so that one that comes between wait4() and
 * sigtimedwait() is not missed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "tracee.h"

#define TICK_NS 100000000ll	/* how long a lost wake-up could cost at most */
#define FIRST_TICK_NS 1000000ll	/* who has told nothing for so long may be dead */
#define SPINS 20		/* a batch is over sooner than a sleep and a wake-up */

void waits_init(struct waits *w, int64_t timeout_ns)
{
	sigset_t set;

	*w = (struct waits){ .deadline_ns = timeout_ns ? io_now_ns(CLOCK_MONOTONIC) + timeout_ns : 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Has a tracee, this one or another, something to tell? */
static bool nap(struct waits *w, int64_t ns)
{
	struct timespec ts;
	sigset_t set;
	int sig;

	if (w->deadline_ns && !w->patient)
		ns = MIN(ns, w->deadline_ns - io_now_ns(CLOCK_MONOTONIC));
	ns = MAX(ns, 0ll);
	ts = (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (!w->patient && !w->ignore_signals) {
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGHUP);
	}
	sig = sigtimedwait(&set, NULL, &ts);
	if (sig > 0 && sig != SIGCHLD)
		w->signal = sig;
	return sig == SIGCHLD;
}

int waits_check(struct waits *w)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t pending;

	if (w->patient)
		return 0;
	if (!w->signal && !w->ignore_signals && sigpending(&pending) == 0)
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			if (sigismember(&pending, ends[i]))
				w->signal = ends[i];
	if (w->signal)
		return -EINTR;
	if (w->deadline_ns && io_now_ns(CLOCK_MONOTONIC) > w->deadline_ns)
		return -ETIMEDOUT;
	return 0;
}

int waits_stop(void *waits)
{
	return waits_check(waits);
}

static void classify(struct tracee *t, int status)
{
	int event = status >> 16;

	t->running = false;
	t->status = status;
	t->signal = 0;
	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		t->gone = true;
		t->at = STOP_GONE;
		return;
	}
	if (event == PTRACE_EVENT_STOP) {
		t->at = WSTOPSIG(status) == SIGTRAP ? STOP_INTERRUPT : STOP_GROUP;
		t->signal = WSTOPSIG(status);
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
		t->at = STOP_NEWTASK;
	} else if (event) {
		t->at = STOP_OTHER_EVENT;
	} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		t->at = STOP_SYSCALL;
	} else {
		t->at = STOP_SIGNAL;
		t->signal = WSTOPSIG(status);
	}
}

/* The end of a leader is told only when all its threads have been waited for,
 * and these are ours as well: whoever waits for the leader first waits for ever. */
static bool is_dead(pid_t tid)
{
	char path[32], text[256], *end;
	autoclose fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n < 0 && errno == ESRCH;
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' && (end[2] == 'Z' || end[2] == 'X');
}

/* A task that is about to act on a signal. */
static bool is_signal_stop(const siginfo_t *info)
{
	return info->si_code == CLD_TRAPPED && info->si_status >> 8 == 0 && info->si_status != (SIGTRAP | 0x80);
}

/* As wait4(2) for this one, without sleeping. */
static pid_t look(struct tracee *t, int *ret_status, bool keep_signal)
{
	siginfo_t info = { 0 };

	if (!keep_signal)
		return wait4(t->tid, ret_status, __WALL | WNOHANG, NULL);
	if (waitid(P_PID, (id_t)t->tid, &info, WEXITED | WSTOPPED | __WALL | WNOHANG | WNOWAIT) < 0)
		return -1;
	if (!info.si_pid)
		return 0;
	*ret_status = info.si_status << 8 | 0x7f;
	return is_signal_stop(&info) ? info.si_pid : wait4(t->tid, ret_status, __WALL | WNOHANG, NULL);
}

static int wait_for(struct tracee *t, bool keep_signal)
{
	int64_t tick = FIRST_TICK_NS;
	bool dead = false;

	if (t->gone)
		return -ESRCH;
	for (unsigned tries = 0;; tries++) {
		int status, r = look(t, &status, keep_signal);

		if (r == t->tid) {
			classify(t, status);
			t->kept = keep_signal && t->at == STOP_SIGNAL ? t->signal : 0;
			return t->gone ? -ESRCH : 0;
		}
		if (r < 0 || dead) {
			t->gone = true;
			t->at = STOP_GONE;
			return -ESRCH;
		}
		if (tries < SPINS)
			continue;
		r = waits_check(t->waits);
		if (r < 0)
			return r;
		if (nap(t->waits, tick))
			continue;
		dead = is_dead(t->tid);
		tick = TICK_NS;
	}
}

int tracee_wait(struct tracee *t)
{
	return wait_for(t, false);
}

int tracee_wait_kept(struct tracee *t)
{
	return wait_for(t, true);
}
