/* SPDX-License-Identifier: Apache-2.0 */
/* process_limits.c - resource limits, oom_score_adj, coredump_filter, dumpable, subreaper. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cleanup.h"
#include "io.h"
#include "proc.h"
#include "task_part.h"

static int ask(struct task *t, struct answer *to)
{
	int r;

	to->room = remote_push(t->tracee, NULL, 8);
	if (!to->room.va)
		return -ENOSPC;
	to->call = remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_DUMPABLE));
	r = remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_CHILD_SUBREAPER, to->room.va));
	return to->call < 0 || r < 0 ? -ENOSPC : 0;
}

static int take_limits(struct arena *a, struct process *p)
{
	struct proc_limit limits[16];
	int r = proc_read_limits(a, p->dir, limits);

	if (r < 0)
		return r;
	p->image->limits = arena_zalloc(a, RLIM_NLIMITS * sizeof(p->image->limits[0]));
	if (!p->image->limits)
		return -ENOMEM;
	for (uint32_t i = 0; i < RLIM_NLIMITS; i++) {
		Limit *m = ARENA_MSG(a, Limit, limit);

		if (!m)
			return -ENOMEM;
		m->resource = i;
		m->soft = limits[i].soft;
		m->hard = limits[i].hard;
		p->image->limits[p->image->n_limits++] = m;
	}
	return 0;
}

/* A restore on this machine, by the same user, would fail: better known now. */
static int check(struct arena *a, struct task *t, struct obstacles *list)
{
	struct proc_limit limits[16];
	struct proc_status own;
	autoclose self = proc_open(getpid());
	int r = self < 0 ? self : proc_read_status(a, self, &own);

	if (r == 0)
		r = proc_read_limits(a, t->process->dir, limits);
	if (r < 0 || own.cap_eff >> CAP_SYS_RESOURCE & 1)
		return r;
	for (unsigned i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit mine;

		if (getrlimit((int)i, &mine) == 0 && limits[i].hard > mine.rlim_max)
			obstacle(list, "task.limits", AT_PID(t->process->pid),
				 "Run ckpt with CAP_SYS_RESOURCE, or raise its own hard limit (prlimit) to that of the process.",
				 "its hard limit number %u is higher than ckpt's own, so ckpt could not restore it", i);
	}
	return 0;
}

/* A kernel without core dumps has no such file. */
static int take_filter(struct arena *a, struct process *p)
{
	uint64_t filter;
	int r = proc_read_u64(a, p->dir, "coredump_filter", 16, &filter);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	p->image->core_dump = ARENA_MSG(a, CoreDump, core_dump);
	if (!p->image->core_dump)
		return -ENOMEM;
	p->image->core_dump->filter = (uint32_t)filter;
	return 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	struct process *p = t->process;
	int64_t adj = 0;
	int r = take_limits(a, p);

	(void)list;
	if (r == 0)
		r = proc_read_s64(a, p->dir, "oom_score_adj", &adj);
	p->image->oom_score_adj = (int32_t)adj;
	if (r == 0)
		r = take_filter(a, p);
	p->image->dumpable = 1;
	if (r == 0 && !t->silent) {
		long dumpable = remote_result(t->tracee, from->call), known = remote_result(t->tracee, from->call + 1);
		int subreaper;

		if (dumpable < 0 || known < 0)
			return (int)(dumpable < 0 ? dumpable : known);
		p->image->dumpable = (uint32_t)dumpable;
		memcpy(&subreaper, remote_view(t->tracee, from->room), sizeof(subreaper));
		p->image->child_subreaper = subreaper != 0;
	}
	return r;
}

/* A limit that ckpt has as well is not set: not every caller may. Files and
 * memory are in place by now, whatever room they needed. */
static int put(struct task *t)
{
	const Process *m = t->process->image;

	for (size_t i = 0; i < m->n_limits; i++) {
		struct rlimit now, want = { m->limits[i]->soft, m->limits[i]->hard };
		rptr at;

		if (getrlimit((int)m->limits[i]->resource, &now) == 0 &&
		    now.rlim_cur == want.rlim_cur && now.rlim_max == want.rlim_max)
			continue;
		at = remote_push(t->tracee, &want, sizeof(want));
		if (!at.va || PUT(t->tracee, SYS_setrlimit, m->limits[i]->resource, at.va) < 0)
			return -ENOSPC;
	}
	if (m->child_subreaper && PUT(t->tracee, SYS_prctl, PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -ENOSPC;
	return 0;
}

/* Only 0 and 1 can be asked for; a change of ids leaves what fs.suid_dumpable
 * says, so it comes after that. */
static int put_dumpable(struct task *t)
{
	if (t->process->image->dumpable > 1)
		return 0;
	return PUT(t->tracee, SYS_prctl, PR_SET_DUMPABLE, t->process->image->dumpable) < 0 ? -ENOSPC : 0;
}

const struct task_part limits_part = {
	.name = "limits", .leader_only = true, .stage = STAGE_TASK, .check = check, .ask = ask, .take = take, .put = put,
};
const struct task_part dumpable_part = {
	.name = "dumpable", .leader_only = true, .stage = STAGE_LAST, .put = put_dumpable,
};
