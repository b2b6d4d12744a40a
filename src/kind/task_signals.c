/* SPDX-License-Identifier: Apache-2.0 */
/* task_signals.c - a task's mask, its queue and its alternate stack. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cleanup.h"
#include "signals.h"
#include "task_part.h"

int signals_take(struct arena *a, struct tracee *t, bool shared, QueuedSignal ***ret, size_t *ret_n)
{
	for (;;) {
		siginfo_t *info = arena_zalloc(a, sizeof(*info));
		int r = info ? tracee_peek_signals(t, shared, *ret_n, info, 1) : -ENOMEM;
		QueuedSignal **place;

		if (r <= 0)
			return r;
		place = ARENA_ADD(a, *ret, *ret_n);
		if (!place)
			return -ENOMEM;
		*place = ARENA_MSG(a, QueuedSignal, queued_signal);
		if (!*place)
			return -ENOMEM;
		(*place)->siginfo.data = (void *)info;
		(*place)->siginfo.len = sizeof(*info);
	}
}

static int ask(struct task *t, struct answer *to)
{
	to->room = remote_push(t->tracee, NULL, sizeof(stack_t));
	if (!to->room.va)
		return -ENOSPC;
	to->call = remote_ask(t->tracee, 0, 0, SYS_sigaltstack, REMOTE_ARGS(0, to->room.va));
	return to->call < 0 ? to->call : 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	Task *m = t->image;
	const stack_t *ss;

	(void)list;
	m->sigmask = t->tracee->mask;
	if (!t->silent && remote_result(t->tracee, from->call) < 0)
		return (int)remote_result(t->tracee, from->call);
	if (!t->silent) {
		ss = remote_view(t->tracee, from->room);
		if (ss->ss_size) {
			m->altstack = ARENA_MSG(a, AltStack, alt_stack);
			if (!m->altstack)
				return -ENOMEM;
			m->altstack->sp = (uint64_t)ss->ss_sp;
			m->altstack->size = ss->ss_size;
			m->altstack->flags = (uint32_t)ss->ss_flags;
		}
	}
	return t->status.sig_pending ? signals_take(a, t->tracee, false, &m->pending, &m->n_pending) : 0;
}

#define SIGNALS_ROOM 12		/* calls that are left to the parts that come after */

/* From the task itself: nobody else may send a signal with a si_code that only
 * the kernel uses (do_rt_tgsigqueueinfo() of kernel/signal.c). */
int signals_put(struct task *t, bool shared, QueuedSignal *const *list, size_t n)
{
	struct tracee *x = t->tracee;

	for (size_t i = 0; i < n; i++) {
		siginfo_t info = { 0 };
		rptr at;
		int r;

		/* As many as RLIMIT_SIGPENDING allows can wait: more than a slot holds. */
		if (!remote_has_room(x, SIGNALS_ROOM, SIGNALS_ROOM * sizeof(info))) {
			r = remote_run(&x, 1);
			if (r == 0)
				r = remote_failed(x, NULL);
			if (r < 0)
				return r;
		}
		memcpy(&info, list[i]->siginfo.data, MIN(sizeof(info), list[i]->siginfo.len));
		at = remote_push(x, &info, sizeof(info));
		if (!at.va)
			return -ENOSPC;
		if (shared)
			r = PUT(x, SYS_rt_sigqueueinfo, (uint64_t)x->ns_tgid, (uint64_t)info.si_signo, at.va);
		else
			r = PUT(x, SYS_rt_tgsigqueueinfo, (uint64_t)x->ns_tgid, (uint64_t)x->ns_tid,
				(uint64_t)info.si_signo, at.va);
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_altstack(struct task *t)
{
	const AltStack *s = t->image->altstack;
	stack_t ss;
	rptr at;

	if (!s)
		return 0;
	/* SS_ONSTACK is what the kernel reports, from the stack pointer; it is
	 * not to be set. SS_AUTODISARM is. */
	ss = (stack_t){ .ss_sp = (void *)s->sp, .ss_size = s->size, .ss_flags = (int)(s->flags & ~(uint32_t)SS_ONSTACK) };
	at = remote_push(t->tracee, &ss, sizeof(ss));
	if (!at.va)
		return -ENOSPC;
	return PUT(t->tracee, SYS_sigaltstack, at.va, 0) < 0 ? -ENOSPC : 0;
}

static int put(struct task *t)
{
	int r = put_altstack(t);

	return r < 0 ? r : signals_put(t, false, t->image->pending, t->image->n_pending);
}

const struct task_part signals_part = { .name = "signals", .stage = STAGE_TASK, .ask = ask, .take = take, .put = put };
