/* SPDX-License-Identifier: Apache-2.0 */
/* restore_load.c - the checkpoint, the plan, and whether it can work here. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/prctl.h>

#include "arch.h"
#include "cleanup.h"
#include "file_kind.h"
#include "inherit.h"
#include "restore_state.h"
#include "task_part.h"

static struct task *make_task(struct restore *r, struct process *p, Task *m)
{
	struct task *t = arena_zalloc(r->mem, sizeof(*t));

	if (!t)
		return NULL;
	t->tid = (pid_t)m->tids[0];
	t->process = p;
	t->tree = &r->tree;
	t->image = m;
	t->creds = r->ck.creds[m->creds];
	t->born_creds = r->own;
	return t;
}

static int make_process(struct restore *r, const struct loaded_process *from)
{
	struct process *p = arena_zalloc(r->mem, sizeof(*p));
	struct process **place = p ? ARENA_ADD(r->mem, r->tree.list, r->tree.n) : NULL;

	if (!place)
		return -ENOMEM;
	*place = p;
	p->index = (uint32_t)r->tree.n - 1;
	p->image = from->msg;
	p->pid = (pid_t)from->msg->pids[0];
	p->zombie = from->msg->zombie != NULL;
	if (from->parent)
		p->parent = r->tree.list[from->parent->index];
	if (p->zombie)
		return 0;
	p->sighand = r->ck.sighands[from->msg->sighand];
	p->fs = r->ck.fss[from->msg->fs];
	p->table = r->ck.tables[from->msg->files];
	p->saved_mm = r->ck.mms[from->msg->mm];
	for (size_t i = 0; i < from->n_tasks; i++) {
		struct task **t = ARENA_ADD(r->mem, p->tasks, p->n_tasks);

		if (!t)
			return -ENOMEM;
		*t = make_task(r, p, from->tasks[i]);
		if (!*t)
			return -ENOMEM;
		if (from->tasks[i] == from->leader && p->n_tasks > 1) {
			struct task *first = p->tasks[0];

			p->tasks[0] = *t;
			*t = first;
		}
	}
	return 0;
}

static int list_live(struct restore *r)
{
	r->live.list = arena_zalloc(r->mem, r->tree.n * sizeof(*r->live.list));
	if (!r->live.list)
		return -ENOMEM;
	EACH_PROCESS(p, &r->tree)
		if (!p->zombie)
			r->live.list[r->live.n++] = p;
	return 0;
}

static int read_own_creds(struct restore *r)
{
	autoclose self = proc_open(getpid());
	struct proc_status status;
	Creds *own;
	int err = proc_read_status(r->mem, self, &status);

	if (err == 0)
		err = creds_from_status(r->mem, &status, &own);
	if (err < 0)
		return fail(&r->at, err, "cannot read ckpt's own credentials");
	own->securebits = (uint32_t)prctl(PR_GET_SECUREBITS);
	r->own = own;
	own_limits(r->tree.own.limits);
	return 0;
}

int restore_load(struct restore *r)
{
	const char *why = NULL;
	int err = image_open(r->mem, r->opt->images, &r->image, &why);

	if (err == 0)
		err = load_checkpoint(r->mem, r->image, &r->ck, &why);
	if (err < 0)
		return load_fail(&r->at, err, why);
	err = read_own_creds(r);
	if (err < 0)
		return err;
	for (size_t i = 0; err == 0 && i < r->ck.n_order; i++)
		err = make_process(r, r->ck.order[i]);
	if (err == 0)
		err = list_live(r);
	return err < 0 ? fail(&r->at, err, "cannot make the tree") : 0;
}

static int plan_heirs(struct restore *r)
{
	const struct loaded_mm **mms = arena_zalloc(r->mem, r->tree.n * sizeof(*mms));
	struct inheritance **heirs;
	size_t n = 0;
	int err;

	if (!mms)
		return -ENOMEM;
	EACH_PROCESS(p, &r->tree)
		mms[p->index] = p->saved_mm;
	err = inherit_plan(r->mem, &r->plan, mms, r->tree.n, &heirs);
	if (err < 0)
		return err;
	EACH_PROCESS(p, &r->tree) {
		p->inherited = heirs[p->index];
		n += p->inherited != NULL;
	}
	if (n)
		say(SAY_DEBUG, &r->at, "processes that begin with the memory of their maker: %zu", n);
	return 0;
}

static int make_plan(struct restore *r)
{
	struct plan_node *nodes = arena_zalloc(r->mem, r->tree.n * sizeof(*nodes));
	const char *why;
	int err;

	if (!nodes)
		return fail(&r->at, ENOMEM, "plan");
	EACH_PROCESS(p, &r->tree) {
		const Process *m = p->image;

		nodes[p->index] = (struct plan_node){
			.pid = p->pid, .parent = p->parent ? p->parent->index : PLAN_CKPT,
			.sid = (pid_t)m->sids[0], .pgid = (pid_t)m->pgids[0], .session_outside = m->session_outside,
			.pgrp_outside = m->pgrp_outside, .zombie = p->zombie, .files = m->files,
		};
	}
	if (nodes[0].session_outside && !r->opt->shell_job)
		return fail(&r->at, 0, "the checkpoint is of a shell job, whose session is not part of it; "
			    "--shell-job puts it into ckpt's own session");
	err = plan_tree(r->mem, nodes, r->tree.n, &r->plan, &why, NULL);
	if (err == 0)
		err = plan_heirs(r);
	return err < 0 ? fail(&r->at, err == -EINVAL ? 0 : err, "%s", why ? why : "cannot plan the tree") : 0;
}

static int check_machine(struct restore *r)
{
	const Inventory *inv = r->ck.inventory;
	CpuFeatures *here = ARENA_MSG(r->mem, CpuFeatures, cpu_features);
	const char *why;
	int err = here ? arch_cpu(r->mem, here) : -ENOMEM;

	if (err == 0)
		err = arch_vdso(&r->tree.vdso);
	if (err < 0)
		return fail(&r->at, err, "cannot tell what this machine is");
	why = arch_cpu_refuses(r->mem, inv->cpu, here);
	if (why)
		return fail(&r->at, 0, "%s", why);
	if (inv->vdso_checksum != r->tree.vdso.checksum)
		return fail(&r->at, 0, "the checkpoint was made on kernel %s, whose vdso is another than this kernel's",
			    inv->kernel_release);
	return 0;
}

static int check_pids(struct restore *r)
{
	for (size_t i = 0; i < r->plan.n_nodes; i++)
		if (kill(r->plan.nodes[i].pid, 0) == 0 || errno == EPERM)
			return fail(&r->at, 0, "pid %d is taken by another process", r->plan.nodes[i].pid);
	EACH_PROCESS(p, &r->tree)
		EACH_TASK(t, p)
			if (t->tid != p->pid && (kill(t->tid, 0) == 0 || errno == EPERM))
				return fail(&r->at, 0, "pid %d is taken by another process", t->tid);
	return 0;
}

static int check_files(struct restore *r)
{
	struct where at = r->at;

	for (size_t i = 1; i < r->ck.n_file_ids; i++) {
		const Description *d = r->ck.descriptions[i];
		const FileObject *o = d ? r->ck.objects[d->object] : NULL;
		const struct file_kind *kind = o ? file_kind_by_tag(o->kind_case) : NULL;
		int err;

		if (!d)
			continue;
		if (!kind)
			return fail(&at, 0, "file object %u is of a kind that this ckpt does not know", d->object);
		at.kind = kind->name;
		err = kind->ready ? kind->ready(&at, o, d) : 0;
		if (err < 0)
			return err;
	}
	return 0;
}

/* Files that are mapped or executed must be what they were to the byte. Many
 * map the same ones: each is looked at once. */
static int check_mapped(struct restore *r, uint32_t id, bool *seen)
{
	const FileObject *o = id ? r->ck.objects[id] : NULL;
	const struct file_kind *kind = o ? file_kind_by_tag(o->kind_case) : NULL;

	if (!id || seen[id])
		return 0;
	seen[id] = true;
	if (!kind || o->kind_case != FILE_OBJECT__KIND_REGULAR)
		return fail(&r->at, 0, "file object %u is mapped, but is no regular file", id);
	return kind->ready(&r->at, o, NULL);
}

static int check_limits(struct restore *r, const struct process *p)
{
	bool may_raise = r->own->cap_effective >> 24 & 1;	/* CAP_SYS_RESOURCE */
	struct where at = { .phase = r->at.phase, .pid = p->pid, .fd = -1 };

	for (size_t i = 0; i < p->image->n_limits; i++) {
		const Limit *l = p->image->limits[i];

		if (l->resource < RLIM_NLIMITS && l->hard > r->tree.own.limits[l->resource].rlim_max && !may_raise)
			return fail(&at, 0, "its limit number %u is higher than ckpt's own, and raising it takes CAP_SYS_RESOURCE",
				    l->resource);
	}
	return 0;
}

static int check_mms(struct restore *r)
{
	bool *seen = arena_zalloc(r->mem, (r->ck.n_file_ids + 1) * sizeof(*seen));

	if (!seen)
		return fail(&r->at, ENOMEM, "mapped files");
	EACH_PROCESS(p, &r->tree) {
		int err = p->zombie ? 0 : check_limits(r, p);

		if (err == 0 && !p->zombie)
			err = check_mapped(r, p->saved_mm->msg->exe, seen);
		for (size_t i = 0; err == 0 && !p->zombie && i < p->saved_mm->n_vmas; i++)
			err = check_mapped(r, p->saved_mm->vmas[i].msg->file, seen);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Tasks are born in ckpt's cgroup and stay there. */
static void tell_cgroup(struct restore *r)
{
	autoclose self = proc_open(getpid());
	char *own = NULL;

	proc_read_cgroup(r->mem, self, &own);
	EACH_PROCESS(p, &r->tree) {
		const char *was = p->image->cgroup;

		if (!own || !was[0] || !strcmp(own, was))
			continue;
		say(SAY_WARN, &r->at, "the tree was in cgroup %s and will be in ckpt's own, %s", was, own);
		return;
	}
}

int restore_ready(struct restore *r)
{
	int err = check_machine(r);

	if (err == 0)
		err = make_plan(r);
	if (err == 0)
		err = restore_fits(r);
	if (err == 0)
		err = check_pids(r);
	if (err == 0)
		err = check_files(r);
	tell_cgroup(r);
	return err < 0 ? err : check_mms(r);
}
