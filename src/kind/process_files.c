/* SPDX-License-Identifier: Apache-2.0 */
/* process_files.c - which descriptors are closed by an execve.
 *
 * Of most, fdinfo tells. Those that are the parent's as well need nothing else
 * of theirs to be read, so the process itself is asked.
 */
#include <fcntl.h>

#include "files_priv.h"
#include "proc.h"
#include "task_part.h"

static int ask(struct task *t, struct answer *to)
{
	const struct process *p = t->process;

	to->call = -1;
	for (size_t i = 0; i < p->n_sights; i++) {
		int n = p->sights[i].same_in ? remote_ask(t->tracee, 0, 0, SYS_fcntl, REMOTE_ARGS((uint64_t)p->sights[i].fd, F_GETFD)) : 0;

		if (n < 0)
			return n;
		if (p->sights[i].same_in && to->call < 0)
			to->call = n;
	}
	return 0;
}

static long flags_of(struct arena *a, const struct task *t, const struct sight *s, int call)
{
	struct fdinfo info;
	int r;

	if (!t->silent)
		return remote_result(t->tracee, call);
	r = proc_read_fdinfo(a, t->process->dir, s->fd, &info);
	return r < 0 ? r : info.flags & O_CLOEXEC ? FD_CLOEXEC : 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	const struct process *p = t->process;
	int call = from->call;

	(void)list;
	for (size_t i = 0; i < p->n_sights; i++) {
		long flags;

		if (!p->sights[i].same_in)
			continue;
		flags = flags_of(a, t, &p->sights[i], call++);
		if (flags < 0)
			return (int)flags;
		p->table->slots[i]->cloexec = flags & FD_CLOEXEC;
	}
	return 0;
}

const struct task_part descriptors_part = { .name = "descriptors", .leader_only = true, .stage = STAGE_TASK, .ask = ask, .take = take };
