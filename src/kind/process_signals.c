/* SPDX-License-Identifier: Apache-2.0 */
/* process_signals.c - signal actions, and the queue that all threads share. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cleanup.h"
#include "signals.h"
#include "task_part.h"

/* As rt_sigaction(2) takes it; glibc's struct sigaction is another. */
struct kernel_sigaction {
	uint64_t handler, flags, restorer, mask;
};

static int ask(struct task *t, struct answer *to)
{
	const uint64_t size = sizeof(struct kernel_sigaction);

	to->room = remote_push(t->tracee, NULL, 65 * size);
	if (!to->room.va)
		return -ENOSPC;
	to->call = remote_ask_repeated(t->tracee, 64, SYS_rt_sigaction, REMOTE_ARGS(1, 0, to->room.va + size, 8, 0, size));
	return MIN(to->call, 0);
}

static int take_actions(struct arena *a, struct process *p, const struct kernel_sigaction *acts)
{
	Sighand *s = p->sighand;

	for (int sig = 1; sig <= 64; sig++) {
		const struct kernel_sigaction *k = &acts[sig];
		SignalAction **place;

		if (sig == SIGKILL || sig == SIGSTOP || (!k->handler && !k->flags && !k->mask))
			continue;
		place = ARENA_ADD(a, s->actions, s->n_actions);
		if (!place)
			return -ENOMEM;
		*place = ARENA_MSG(a, SignalAction, signal_action);
		if (!*place)
			return -ENOMEM;
		(*place)->signo = (uint32_t)sig;
		(*place)->handler = k->handler;
		(*place)->flags = k->flags;
		(*place)->restorer = k->restorer;
		(*place)->mask = k->mask;
	}
	return 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	struct process *p = t->process;
	int r;

	(void)list;
	p->sighand = ARENA_MSG(a, Sighand, sighand);
	if (!p->sighand)
		return -ENOMEM;
	p->sighand->id = p->image->sighand = p->index + 1;
	p->image->stopped = t->tracee->stopped_job;
	p->image->stop_untold = t->tracee->stopped_job ? (uint32_t)t->stat.exit_code : 0;
	r = t->silent ? 0 : (int)remote_result(t->tracee, from->call);
	if (r == 0 && !t->silent)
		r = take_actions(a, p, remote_view(t->tracee, from->room));
	if (r < 0 || !t->status.sig_shared)
		return r;
	return signals_take(a, t->tracee, true, &p->image->pending, &p->image->n_pending);
}

/* Each action of a fresh child of ckpt is the default: only others are set. */
static int put(struct task *t)
{
	const Sighand *s = t->process->sighand;

	for (size_t i = 0; i < s->n_actions; i++) {
		const SignalAction *m = s->actions[i];
		struct kernel_sigaction k = { m->handler, m->flags, m->restorer, m->mask };
		rptr at = remote_push(t->tracee, &k, sizeof(k));

		if (!at.va || PUT(t->tracee, SYS_rt_sigaction, m->signo, at.va, 0, 8) < 0)
			return -ENOSPC;
	}
	return signals_put(t, true, t->process->image->pending, t->process->image->n_pending);
}

const struct task_part sigactions_part = {
	.name = "signal actions", .leader_only = true, .stage = STAGE_TASK, .ask = ask, .take = take, .put = put,
};
