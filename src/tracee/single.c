/* SPDX-License-Identifier: Apache-2.0 */
/* single.c - one system call in each of many stopped tasks, side by side.
 *
 * All tasks are sent on before the first is waited for: so a machine that is
 * busy elsewhere makes them wait once, not each in its turn.
 */
#include <errno.h>
#include <sys/ptrace.h>

#include "arch.h"
#include "single.h"

/* To the next stop of a PTRACE_SYSCALL pair, past what comes in between. */
static int await_syscall_stop(struct tracee *t)
{
	for (;;) {
		int r = tracee_wait(t);

		if (r < 0 || t->at == STOP_SYSCALL)
			return r;
		if (t->at == STOP_SIGNAL && t->signal == SIGSTOP)
			t->stop_again = true;
		else if (t->at == STOP_SIGNAL)
			return -EFAULT;
		r = tracee_resume(t, PTRACE_SYSCALL, 0);
		if (r < 0)
			return r;
	}
}

/* Registers first, then the mask: were it the other way round, our death in
 * between would leave the task with everything blocked. */
static int send(struct single *s)
{
	int r = tracee_set_regs(s->t, &s->regs);

	if (r == 0 && !s->masked)
		r = tracee_set_mask(s->t, ~0ull);
	return r < 0 ? r : tracee_resume(s->t, PTRACE_SYSCALL, 0);
}

static int to_exit(struct single *s)
{
	int r = await_syscall_stop(s->t);

	return r < 0 ? r : tracee_resume(s->t, PTRACE_SYSCALL, 0);
}

/* From the beginning of the call to the first stop after it that is not of the
 * call: the task is interrupted before it goes on. */
static int out(struct single *s)
{
	int r = await_syscall_stop(s->t);

	if (r == 0)
		r = tracee_interrupt(s->t);
	return r < 0 ? r : tracee_resume(s->t, PTRACE_CONT, 0);
}

static int await_interrupt(struct tracee *t)
{
	for (;;) {
		int r = tracee_wait(t);

		if (r < 0 || t->at == STOP_INTERRUPT || t->at == STOP_GROUP)
			return r;
		if (t->at != STOP_SIGNAL || t->signal != SIGSTOP)
			return -EFAULT;
		t->stop_again = true;
		r = tracee_resume(t, PTRACE_CONT, 0);
		if (r < 0)
			return r;
	}
}

static int result_of(struct single *s)
{
	struct user_regs_struct now;
	int r = tracee_get_regs(s->t, &now);

	/* What the call has done must be known: once more, should that fail. */
	if (r < 0)
		r = tracee_get_regs(s->t, &now);
	if (r == 0)
		s->ret = arch_result(&now);
	return r;
}

static int take(struct single *s)
{
	int r = await_syscall_stop(s->t);

	return r < 0 ? r : result_of(s);
}

static int take_out(struct single *s)
{
	int r = await_interrupt(s->t);

	return r < 0 ? r : result_of(s);
}

/* Whoever turned back half-way would not know whether the call was made: so
 * signals and the time limit have to wait. */
static int step_on(struct single *s, int (*step)(struct single *s))
{
	bool was = s->t->waits->patient;
	int r;

	s->t->waits->patient = true;
	r = step(s);
	s->t->waits->patient = was;
	return r;
}

static int run(struct single *list, size_t n, int (*const steps[3])(struct single *s))
{
	int first = 0;

	for (size_t step = 0; step < 3; step++)
		for (size_t i = 0; i < n; i++)
			if (!list[i].err)
				list[i].err = step_on(&list[i], steps[step]);
	for (size_t i = 0; i < n && !first; i++)
		first = list[i].err;
	return first;
}

int single_run(struct single *list, size_t n)
{
	return run(list, n, (int (*const[])(struct single *)){ send, to_exit, take });
}

int single_run_out(struct single *list, size_t n)
{
	return run(list, n, (int (*const[])(struct single *)){ send, out, take_out });
}

void single_to_signal_stops(struct single *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct tracee *t = list[i].t;

		if (!t->gone && t->at == STOP_SYSCALL && tracee_interrupt(t) == 0)
			tracee_resume(t, PTRACE_CONT, 0);
	}
	for (size_t i = 0; i < n; i++) {
		struct tracee *t = list[i].t;
		bool was = t->waits->patient;

		t->waits->patient = true;	/* as in step_on() */
		while (!t->gone && t->running && tracee_wait(t) == 0) {
			if (t->at != STOP_SIGNAL || t->signal != SIGSTOP)
				break;
			t->stop_again = true;
			tracee_resume(t, PTRACE_CONT, 0);
		}
		t->waits->patient = was;
	}
}
