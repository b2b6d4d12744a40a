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

enum { CALL_DUMPABLE, CALL_SUBREAPER, CALL_LIMITS, N_CALLS };
enum { ROOM_LIMITS = 16, ROOM_SIZE = ROOM_LIMITS + RLIM_NLIMITS * sizeof(struct rlimit) };

static int ask(struct task *t, struct answer *to)
{
	int r;

	to->room = remote_push(t->tracee, NULL, ROOM_SIZE);
	if (!to->room.va)
		return -ENOSPC;
	to->call = remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_DUMPABLE));
	remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_CHILD_SUBREAPER, to->room.va));
	r = remote_ask_repeated(t->tracee, RLIM_NLIMITS, SYS_getrlimit,
				REMOTE_ARGS(0, to->room.va + ROOM_LIMITS, 0, 0, sizeof(struct rlimit), 0));
	return r < 0 ? -ENOSPC : 0;
}

static int take_limits(struct arena *a, struct process *p, const struct rlimit *limits)
{
	p->image->limits = arena_zalloc(a, RLIM_NLIMITS * sizeof(p->image->limits[0]));
	if (!p->image->limits)
		return -ENOMEM;
	for (uint32_t i = 0; i < RLIM_NLIMITS; i++) {
		Limit *m = ARENA_MSG(a, Limit, limit);

		if (!m)
			return -ENOMEM;
		m->resource = i;
		m->soft = limits[i].rlim_cur;
		m->hard = limits[i].rlim_max;
		p->image->limits[p->image->n_limits++] = m;
	}
	return 0;
}

void own_limits(struct rlimit ret[RLIM_NLIMITS])
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &ret[i]) < 0)
			ret[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
}

/* A restore on this machine, by the same user, would fail: better known now. */
static int check_limits(struct arena *a, const struct process *p, const struct rlimit *limits, struct obstacles *list)
{
	for (unsigned i = 0; i < RLIM_NLIMITS; i++) {
		autoclose self = -1;
		struct proc_status own;
		int r;

		if (limits[i].rlim_max <= leader(p)->tree->own.limits[i].rlim_max)
			continue;
		self = proc_open(getpid());
		r = self < 0 ? self : proc_read_status(a, self, &own);
		if (r < 0 || own.cap_eff >> CAP_SYS_RESOURCE & 1)
			return r;
		obstacle(list, "task.limits", AT_PID(p->pid),
			 "Run ckpt with CAP_SYS_RESOURCE, or raise its own hard limit (prlimit) to that of the process.",
			 "its hard limit number %u is higher than ckpt's own, so ckpt could not restore it", i);
	}
	return 0;
}

/* A kernel without core dumps has no such file. */
static int look_filter(struct arena *a, struct process *p)
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

static int look(struct arena *a, struct task *t)
{
	struct process *p = t->process;
	int64_t adj = 0;
	int r = proc_read_s64(a, p->dir, "oom_score_adj", &adj);

	p->image->oom_score_adj = (int32_t)adj;
	return r < 0 ? r : look_filter(a, p);
}

static int answers_failed(const struct task *t, const struct answer *from)
{
	long r = 0;

	for (int i = 0; r >= 0 && i < N_CALLS; i++)
		r = remote_result(t->tracee, from->call + i);
	return r < 0 ? (int)r : 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	struct process *p = t->process;
	struct rlimit limits[RLIM_NLIMITS];
	const char *room;
	int subreaper, r;

	p->image->dumpable = 1;
	if (t->silent)
		return 0;
	r = answers_failed(t, from);
	if (r < 0)
		return r;
	room = remote_view(t->tracee, from->room);
	memcpy(&subreaper, room, sizeof(subreaper));
	memcpy(limits, room + ROOM_LIMITS, sizeof(limits));
	p->image->dumpable = (uint32_t)remote_result(t->tracee, from->call + CALL_DUMPABLE);
	p->image->child_subreaper = subreaper != 0;
	r = take_limits(a, p, limits);
	return r < 0 ? r : check_limits(a, p, limits, list);
}

/* A limit that ckpt has as well is not set: not every caller may. Files and
 * memory are in place by now, whatever room they needed. */
static int put(struct task *t)
{
	const Process *m = t->process->image;

	for (size_t i = 0; i < m->n_limits; i++) {
		const struct rlimit want = { m->limits[i]->soft, m->limits[i]->hard };
		uint32_t which = m->limits[i]->resource;
		rptr at;

		if (which < RLIM_NLIMITS && memcmp(&t->tree->own.limits[which], &want, sizeof(want)) == 0)
			continue;
		at = remote_push(t->tracee, &want, sizeof(want));
		if (!at.va || PUT(t->tracee, SYS_setrlimit, which, at.va) < 0)
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
	.name = "limits", .leader_only = true, .stage = STAGE_TASK, .look = look, .ask = ask, .take = take, .put = put,
};
const struct task_part dumpable_part = {
	.name = "dumpable", .leader_only = true, .stage = STAGE_LAST, .put = put_dumpable,
};
