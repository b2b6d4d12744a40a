/* SPDX-License-Identifier: Apache-2.0 */
/* early.c - what sleepers were about, seen before they are stopped.
 *
 * The kernel tells nobody when a task went to sleep, but for se.exec_start in
 * /proc/PID/task/TID/sched: when it last began to run. That is on the clock of
 * the CPU it ran on (rq_clock_task() of kernel/sched), and these clocks differ
 * between CPUs by what interrupts and the hypervisor have taken. So ckpt visits
 * the CPUs in question and reads its own exec_start there.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "io.h"
#include "model.h"
#include "obstacles.h"
#include "say.h"

#define CPUS_MAX 1024
#define SOLVE_TRIES 8
#define SOLVE_US 50u		/* twice as long each time */

/* Calls with a relative timeout: worth knowing since when they sleep. And such
 * as say EINTR after a mere stop. */
static bool worth_watching(long nr)
{
	static const long calls[] = {
		SYS_nanosleep, SYS_clock_nanosleep, SYS_poll, SYS_futex, SYS_epoll_wait, SYS_epoll_pwait,
		SYS_epoll_pwait2, SYS_rt_sigtimedwait, SYS_semtimedop, SYS_restart_syscall, SYS_io_getevents,
		SYS_io_pgetevents, SYS_io_uring_enter, SYS_semop,
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i] == nr)
			return true;
	return false;
}

/* The CPU it last ran on is field 39 of stat: 36 blanks behind the name. */
static int last_cpu(struct arena *a, int dir, int *ret)
{
	char *text, *p;
	int r = io_slurp(a, dir, "stat", 4096, &text, NULL);

	if (r < 0)
		return r;
	p = strrchr(text, ')');
	for (unsigned i = 0; p && i < 37; i++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %d", ret) == 1 && *ret >= 0 && *ret < CPUS_MAX ? 0 : -EINVAL;
}

/* CLOCK_MONOTONIC minus the clock of this CPU; 0: ckpt may not run there. */
static int offset_of(struct arena *a, int self, int cpu, int64_t *ret)
{
	cpu_set_t one;
	uint64_t began;
	int r;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return 0;
	sched_yield();		/* brings exec_start up to date */
	r = proc_read_sched_exec_start(a, self, &began);
	if (r == 0)
		*ret = io_now_ns(CLOCK_MONOTONIC) - (int64_t)began;
	return r;
}

static int look_since(struct arena *a, struct task *t, int self, int64_t *offset)
{
	uint64_t began;
	int cpu, r = proc_read_sched_exec_start(a, t->dir, &began);

	if (r == 0)
		r = last_cpu(a, t->dir, &cpu);
	if (r == 0 && !offset[cpu])
		r = offset_of(a, self, cpu, &offset[cpu]);
	if (r == 0 && offset[cpu])
		t->early.since_ns = (int64_t)began + offset[cpu];
	/* Not every kernel tells; then a timeout begins anew in full. */
	return is_own_error(r) ? r : 0;
}

static int look_where(struct task *t)
{
	char *wchan;
	int r = io_slurp(t->tree->mem, t->dir, "wchan", 4096, &wchan, NULL);

	if (r == 0)
		snprintf(t->early.wchan, sizeof(t->early.wchan), "%s", wchan);
	return is_own_error(r) ? r : 0;
}

/* A task that vanishes meanwhile is none of ours; one that ckpt is not allowed
 * to look at, or does not understand, may be in any call. */
static int look_at(struct arena *a, struct task *t, int self, int64_t *offset)
{
	struct proc_syscall call;
	struct proc_status status;
	int r = proc_read_syscall(a, t->dir, &call);

	if (r == 0 && (call.running || !worth_watching(call.nr)))
		return 0;
	t->early.unknown = r < 0;
	if (r == 0)
		r = proc_read_status(a, t->dir, &status);
	if (r < 0)
		return is_own_error(r) ? r : 0;
	t->early.blocked = true;
	t->early.nr = call.nr;
	memcpy(t->early.arg, call.arg, sizeof(call.arg));
	t->early.switches = status.voluntary_switches;
	r = offset ? look_since(a, t, self, offset) : 0;
	return r == 0 && call.nr == SYS_restart_syscall ? look_where(t) : r;
}

int early_look(struct tree *tree, const struct where *from)
{
	autoclose self = proc_open(getpid());
	int64_t *offset = arena_zalloc(tree->mem, CPUS_MAX * sizeof(*offset));
	struct where at = *from;
	cpu_set_t before;
	/* EINVAL: more CPUs than a cpu_set_t has room for. */
	bool movable = sched_getaffinity(0, sizeof(before), &before) == 0;
	int r = self < 0 ? self : offset ? 0 : -ENOMEM;

	if (r < 0)
		return fail(from, r, "cannot look at what the tasks are doing");
	EACH_PROCESS(p, tree)
		EACH_TASK(t, p) {
			at.pid = t->tid;
			if (r == 0)
				r = look_at(tree->mem, t, self, movable ? offset : NULL);
			if (r < 0)
				break;
		}
	if (movable)
		sched_setaffinity(0, sizeof(before), &before);
	return r < 0 ? fail(&at, r, "cannot look at what the task is doing") : 0;
}

/* In restart_syscall(2) the arguments are those of the first call, but its
 * number is gone. Code right before the instruction names it, or the place in
 * the kernel where the task slept: there are four such calls (set_restart_fn()
 * in Linux 6.18), and of a nanosleep nothing but do_syscall_64 is seen. */
int early_number(const struct task *t, long *ret)
{
	const struct user_regs_struct *regs = &t->tracee->regs;
	unsigned char code[7];
	int r = tracee_read(t->tracee, RPTR(regs->rip - sizeof(code)), code, sizeof(code));

	*ret = -1;
	if (r < 0 && r != -EFAULT)	/* code that may not be read, or that begins there */
		return r;
	if (r == 0)
		*ret = arch_number_before(code, sizeof(code));
	if (*ret >= 0 && *ret != SYS_restart_syscall)
		return 0;
	*ret = -1;
	if (strstr(t->early.wchan, "futex"))
		*ret = SYS_futex;
	else if (strstr(t->early.wchan, "poll"))
		*ret = SYS_poll;
	else if (strstr(t->early.wchan, "nanosleep") || strstr(t->early.wchan, "syscall"))
		*ret = regs->rdi < 16 ? SYS_clock_nanosleep : SYS_nanosleep;	/* a clock, or an address */
	return 0;
}

/* 1, 0, or -errno. */
static int is_riddle(const struct task *t)
{
	long nr;
	int r;

	if (!arch_call_interrupted(&t->tracee->regs) || arch_call_nr(&t->tracee->regs) != SYS_restart_syscall)
		return 0;
	r = early_number(t, &nr);
	return r < 0 ? r : nr < 0;
}

static int let_sleep(struct task *t, unsigned us)
{
	int looked, r = tracee_resume(t->tracee, PTRACE_CONT, 0);

	usleep(us);
	looked = look_where(t);
	if (r == 0)
		r = tracee_interrupt(t->tracee);
	if (r == 0)
		r = tracee_settle(t->tracee);
	return r < 0 ? r : looked;
}

/* It had no time to go back to sleep after an earlier ckpt, or it is a stopped
 * job: let it sleep, and see where. */
int early_solve(struct task *t)
{
	int r = is_riddle(t);

	for (unsigned tries = 0; r == 1 && tries < SOLVE_TRIES; tries++) {
		r = let_sleep(t, SOLVE_US << tries);
		if (r == 0)
			r = is_riddle(t);
	}
	return MIN(r, 0);
}

/* A stop makes its call say EINTR, until ckpt has corrected that; or may do so. */
bool early_is_delicate(const struct task *t)
{
	return t->early.unknown || (t->early.blocked && arch_call_says_eintr(t->early.nr));
}
