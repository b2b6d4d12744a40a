/* SPDX-License-Identifier: Apache-2.0 */
/* early.c - what sleepers were about, seen before they are stopped.
 *
 * The kernel tells nobody when a task went to sleep, but for se.exec_start in
 * /proc/PID/task/TID/sched: when it last began to run. That is on the clock of
 * the CPU it ran on (rq_clock_task() of kernel/sched), and these clocks differ
 * between CPUs by what interrupts and the hypervisor have taken. So ckpt visits
 * the CPUs in question and reads its own exec_start there.
 */
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
static int last_cpu(struct arena *a, int dir)
{
	char *text, *p;
	int cpu = -1;

	if (io_slurp(a, dir, "stat", 4096, &text, NULL) < 0)
		return -1;
	p = strrchr(text, ')');
	for (unsigned i = 0; p && i < 37; i++)
		p = strchr(p + 1, ' ');
	if (p)
		sscanf(p, " %d", &cpu);
	return cpu < CPUS_MAX ? cpu : -1;
}

/* CLOCK_MONOTONIC minus the clock of this CPU. */
static int64_t offset_of(struct arena *a, int self, int cpu)
{
	cpu_set_t one;
	uint64_t began;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return 0;
	sched_yield();		/* brings exec_start up to date */
	if (proc_read_sched_exec_start(a, self, &began) < 0)
		return 0;
	return io_now_ns(CLOCK_MONOTONIC) - (int64_t)began;
}

/* *since: on the clock of its CPU, for now. */
static bool look_at(struct arena *a, struct task *t, uint64_t *since, int *cpu)
{
	struct proc_syscall call;
	struct proc_status status;
	char *wchan;

	if (proc_read_syscall(a, t->dir, &call) < 0 || call.running || !worth_watching(call.nr))
		return false;
	if (proc_read_status(a, t->dir, &status) < 0 || proc_read_sched_exec_start(a, t->dir, since) < 0)
		return false;
	*cpu = last_cpu(a, t->dir);
	if (call.nr == SYS_restart_syscall && io_slurp(a, t->dir, "wchan", 4096, &wchan, NULL) == 0)
		snprintf(t->early.wchan, sizeof(t->early.wchan), "%s", wchan);
	t->early.blocked = true;
	t->early.nr = call.nr;
	memcpy(t->early.arg, call.arg, sizeof(call.arg));
	t->early.switches = status.voluntary_switches;
	return *cpu >= 0;
}

void early_look(struct tree *tree)
{
	autoclose self = proc_open(getpid());
	int64_t *offset = arena_zalloc(tree->mem, CPUS_MAX * sizeof(*offset));
	cpu_set_t before;

	if (!offset || self < 0 || sched_getaffinity(0, sizeof(before), &before) < 0)
		return;
	EACH_PROCESS(p, tree)
		EACH_TASK(t, p) {
			uint64_t since;
			int cpu;

			if (!look_at(tree->mem, t, &since, &cpu))
				continue;
			if (!offset[cpu])
				offset[cpu] = offset_of(tree->mem, self, cpu);
			if (offset[cpu])
				t->early.since_ns = (int64_t)since + offset[cpu];
		}
	sched_setaffinity(0, sizeof(before), &before);
}

/* In restart_syscall(2) the arguments are those of the first call, but its
 * number is gone. Code right before the instruction names it, or the place in
 * the kernel where the task slept: there are four such calls (set_restart_fn()
 * in Linux 6.18), and of a nanosleep nothing but do_syscall_64 is seen. */
long early_number(const struct task *t)
{
	const struct user_regs_struct *r = &t->tracee->regs;
	unsigned char code[7];
	long nr;

	if (tracee_read(t->tracee, RPTR(r->rip - sizeof(code)), code, sizeof(code)) == 0) {
		nr = arch_number_before(code, sizeof(code));
		if (nr >= 0 && nr != SYS_restart_syscall)
			return nr;
	}
	if (strstr(t->early.wchan, "futex"))
		return SYS_futex;
	if (strstr(t->early.wchan, "poll"))
		return SYS_poll;
	if (strstr(t->early.wchan, "nanosleep") || strstr(t->early.wchan, "syscall"))
		return r->rdi < 16 ? SYS_clock_nanosleep : SYS_nanosleep;	/* a clock, or an address */
	return -1;
}

static bool is_riddle(const struct task *t)
{
	return arch_call_interrupted(&t->tracee->regs) && arch_call_nr(&t->tracee->regs) == SYS_restart_syscall &&
	       early_number(t) < 0;
}

/* It had no time to go back to sleep after an earlier ckpt, or it is a stopped
 * job: let it sleep, and see where. */
int early_solve(struct task *t)
{
	int r = 0;

	for (unsigned tries = 0; r == 0 && tries < SOLVE_TRIES && is_riddle(t); tries++) {
		char *wchan;

		r = tracee_resume(t->tracee, PTRACE_CONT, 0);
		usleep(SOLVE_US << tries);
		if (io_slurp(t->tree->mem, t->dir, "wchan", 4096, &wchan, NULL) == 0)
			snprintf(t->early.wchan, sizeof(t->early.wchan), "%s", wchan);
		if (r == 0)
			r = tracee_interrupt(t->tracee);
		if (r == 0)
			r = tracee_settle(t->tracee);
	}
	return r;
}

/* A stop makes its call say EINTR, until ckpt has corrected that. */
bool early_is_delicate(const struct task *t)
{
	return t->early.blocked && arch_call_says_eintr(t->early.nr);
}
