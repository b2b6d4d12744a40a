/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - interrupted system calls: which, and how much of a timeout is left.
 *
 * Since when a task sleeps is found before the freeze (early.c). It counts if
 * the task has slept in the same call ever since, which its context switches
 * tell.
 */
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <time.h>

#include "arch.h"
#include "arena.h"
#include "calls.h"
#include "cleanup.h"

#define NS 1000000000ull
#define MS 1000000ull
#define RED_ZONE 128

static struct call_timing by_timespec(const struct tracee *t, unsigned i, uint64_t at)
{
	struct call_timing timing = { .how = TIMEOUT_TIMESPEC, .arg = i };
	struct timespec ts;
	int r = at ? tracee_read(t, RPTR(at), &ts, sizeof(ts)) : -EFAULT;

	if (r < 0 && r != -EFAULT)
		return (struct call_timing){ .how = TIMEOUT_NONE, .err = r };
	if (r < 0 || ts.tv_sec < 0 || (uint64_t)ts.tv_nsec >= NS || ts.tv_sec > INT32_MAX)
		return (struct call_timing){ .how = TIMEOUT_NONE };
	timing.ns = (uint64_t)ts.tv_sec * NS + (uint64_t)ts.tv_nsec;
	return timing;
}

static struct call_timing by_ms(unsigned i, uint64_t arg)
{
	int ms = (int)arg;

	if (ms < 0)
		return (struct call_timing){ .how = TIMEOUT_NONE };
	return (struct call_timing){ .how = TIMEOUT_MS, .arg = i, .ns = (uint64_t)ms * MS };
}

/* select(2), pselect(2) and ppoll(2) are not here: the kernel itself writes
 * what is left to where the program keeps its timeout. */
struct call_timing calls_timing(const struct tracee *t, long nr, const uint64_t arg[6])
{
	switch (nr) {
	case SYS_nanosleep:
		return by_timespec(t, 0, arg[0]);
	case SYS_clock_nanosleep:
		if (arg[1] & TIMER_ABSTIME)
			break;
		return by_timespec(t, 2, arg[2]);
	case SYS_poll:
		return by_ms(2, arg[2]);
	case SYS_futex:
		if ((arg[1] & FUTEX_CMD_MASK) != FUTEX_WAIT)
			break;
		return by_timespec(t, 3, arg[3]);
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return by_ms(3, arg[3]);
	case SYS_epoll_pwait2:
	case SYS_semtimedop:
		return by_timespec(t, 3, arg[3]);
	case SYS_rt_sigtimedwait:
		return by_timespec(t, 2, arg[2]);
	case SYS_io_getevents:
		return by_timespec(t, 4, arg[4]);
	}
	return (struct call_timing){ .how = TIMEOUT_NONE };
}

long calls_restarted(const struct task *t)
{
	const struct user_regs_struct *r = &t->tracee->regs;
	long nr = 0;
	int err;

	if (!arch_call_interrupted(r) || arch_call_nr(r) != SYS_restart_syscall)
		return 0;
	err = early_number(t, &nr);
	return err < 0 ? err : MAX(nr, 0l);
}

/* Has it slept in this call, unwoken, since we looked? Our stop itself is one
 * switch more. */
static bool slept_since_survey(const struct task *t, long nr, const uint64_t arg[6])
{
	const struct early *e = &t->early;

	return e->blocked && e->since_ns && e->nr == nr && memcmp(e->arg, arg, 6 * sizeof(arg[0])) == 0 &&
	       t->status.voluntary_switches <= e->switches + 1;
}

/* Where a nanosleep is to say what was left, the kernel has just written it. */
static int told_remainder(const struct task *t, long nr, const uint64_t arg[6], InterruptedCall *call)
{
	uint64_t at = nr == SYS_nanosleep ? arg[1] : nr == SYS_clock_nanosleep ? arg[3] : 0;
	struct call_timing left;

	if (!at || !arch_has_restart_block(&t->tracee->regs))
		return 0;
	left = by_timespec(t->tracee, 0, at);
	call->remaining_ns = left.ns;
	call->timed = left.how != TIMEOUT_NONE;
	return left.err;
}

int calls_interrupted(struct arena *a, struct task *t, struct obstacles *list, InterruptedCall **ret)
{
	const struct user_regs_struct *r = &t->tracee->regs;
	long nr = arch_call_nr(r);
	struct call_timing timing;
	uint64_t arg[6];
	int64_t slept;
	int err = 0;

	*ret = NULL;
	if (!arch_call_interrupted(r))
		return 0;
	arch_call_args(r, arg);
	if (nr == SYS_restart_syscall)
		err = early_number(t, &nr);
	if (err < 0)
		return err;
	if (nr < 0)
		obstacle(list, "task.restart", AT_PID(t->tid), "Try again a moment later.",
			 "the task sleeps in a system call that was interrupted before, and nothing tells which");
	timing = nr < 0 ? (struct call_timing){ 0 } : calls_timing(t->tracee, nr, arg);
	if (timing.err < 0)
		return timing.err;
	if (timing.how == TIMEOUT_NONE && !arch_has_restart_block(r))
		return 0;
	*ret = ARENA_MSG(a, InterruptedCall, interrupted_call);
	if (!*ret)
		return -ENOMEM;
	(*ret)->nr = (uint32_t)nr;
	err = told_remainder(t, nr, arg, *ret);
	if (err < 0 || (*ret)->timed || timing.how == TIMEOUT_NONE || arch_call_nr(r) != nr || !slept_since_survey(t, nr, arg))
		return err;
	slept = MAX(t->tracee->stopped_ns - t->early.since_ns, 0);
	(*ret)->timed = true;
	(*ret)->remaining_ns = (uint64_t)slept < timing.ns ? timing.ns - (uint64_t)slept : 0;
	return 0;
}

int calls_shorten(struct tracee *t, const InterruptedCall *call)
{
	struct call_timing timing;
	struct timespec left;
	uint64_t arg[6], at;
	int r;

	if (!call || !call->timed || arch_has_restart_block(&t->regs))
		return 0;
	arch_call_args(&t->regs, arg);
	timing = calls_timing(t, call->nr, arg);
	if (timing.err < 0)
		return timing.err;
	if (timing.how == TIMEOUT_NONE || call->remaining_ns >= timing.ns)
		return 0;
	t->touched = true;
	if (timing.how == TIMEOUT_MS) {
		arch_set_call_arg(&t->regs, timing.arg, (call->remaining_ns + MS - 1) / MS);
		return 0;
	}
	/* Only a signal frame could overwrite this, and with a handler the call
	 * says EINTR and looks at its timeout no more. */
	at = (t->regs.rsp - RED_ZONE - sizeof(left)) & ~15ull;
	left = (struct timespec){ (time_t)(call->remaining_ns / NS), (long)(call->remaining_ns % NS) };
	r = tracee_write(t, RPTR(at), &left, sizeof(left));
	if (r == 0)
		arch_set_call_arg(&t->regs, timing.arg, at);
	return r;
}
