/* SPDX-License-Identifier: Apache-2.0 */
/* dump_outside.c - processes outside of the tree that its end would touch. */
#include <errno.h>
#include <linux/kcmp.h>

#include "cleanup.h"
#include "dump_state.h"

static const struct { int type; const char *name, *what; } with_parent[] = {
	{ KCMP_VM, "task.shares-memory", "memory" },
	{ KCMP_FILES, "task.shares-files", "descriptor table" },
	{ KCMP_FS, "task.shares-fs", "working directory and umask" },
	{ KCMP_SIGHAND, "task.shares-signals", "signal actions" },
};

/* A parent in vfork(2) would go on when the child ends. One that ckpt may not
 * look at has other rights than the child: then nothing is known of it. */
static void check_parent(struct dump *d)
{
	const struct process *root = d->tree.list[0];

	for (size_t i = 0; root->stat.ppid && i < ARRAY_SIZE(with_parent); i++)
		if (syscall(SYS_kcmp, root->pid, root->stat.ppid, with_parent[i].type, 0, 0) == 0)
			obstacle(&d->obstacles, with_parent[i].name, AT_PID(root->pid),
				 "Dump the parent's tree; or dump when the child has called execve (after vfork).",
				 "the process shares its %s with its parent %d, which is not in the tree",
				 with_parent[i].what, root->stat.ppid);
}

static const struct proc_stat *find(const struct others *o, pid_t pid)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->list[i].pid == pid)
			return &o->list[i];
	return NULL;
}

static bool in_tree(const struct dump *d, pid_t pid)
{
	EACH_PROCESS(p, &d->tree)
		if (p->pid == pid)
			return true;
	return false;
}

/* Whether a process keeps its group from being orphaned: will_become_orphaned_pgrp()
 * of kernel/exit.c. */
static bool keeps(const struct proc_stat *s, const struct proc_stat *parent)
{
	return parent && s->state != 'Z' && s->ppid != 1 && parent->pgrp != s->pgrp && parent->sid == s->sid;
}

/* The end of the last one that keeps it: SIGHUP and SIGCONT for all of the
 * group, if one of them is stopped. */
static void check_group(struct dump *d, const struct others *o, const struct proc_stat *stopped)
{
	bool kept_inside = false;

	for (size_t i = 0; i < o->n; i++) {
		if (o->list[i].pgrp != stopped->pgrp || !keeps(&o->list[i], find(o, o->list[i].ppid)))
			continue;
		if (!in_tree(d, o->list[i].pid))
			return;
		kept_inside = true;
	}
	if (kept_inside)
		obstacle(&d->obstacles, "task.orphans", AT_PID(stopped->pgrp),
			 "Continue that process before the dump, or leave the tree running (--leave-running).",
			 "process %d, outside the tree, is stopped in its process group, and would be hung up at the tree's end",
			 stopped->pid);
}

static bool group_of_tree(const struct dump *d, pid_t pgrp)
{
	EACH_PROCESS(p, &d->tree)
		if (p->stat.pgrp == pgrp)
			return true;
	return false;
}

/* 0: there is none such, or it is hidden (hidepid) or gone meanwhile; 1; -errno. */
static int look_at(struct dump *d, pid_t pid, struct proc_stat *ret)
{
	autoclose dir = proc_open(pid);
	int r = dir < 0 ? dir : proc_read_stat(d->mem, dir, ret);

	return r == 0 ? 1 : is_own_error(r) ? r : 0;
}

/* 1, 0, or -errno. */
static int tree_keeps_group(struct dump *d)
{
	const struct process *root = d->tree.list[0];
	struct proc_stat above;
	int known = look_at(d, root->stat.ppid, &above);

	EACH_PROCESS(p, &d->tree)
		if (known >= 0 && keeps(&p->stat, p->parent ? &p->parent->stat : known ? &above : NULL))
			return 1;
	return MIN(known, 0);
}

static int list_others(struct dump *d)
{
	pid_t *pids;
	size_t n;
	int r = proc_list_processes(d->mem, &pids, &n);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct proc_stat stat, *place;

		r = look_at(d, pids[i], &stat);
		if (r != 1)
			continue;
		place = ARENA_ADD(d->mem, d->others.list, d->others.n);
		if (!place)
			return -ENOMEM;
		*place = stat;
	}
	return MIN(r, 0);
}

int dump_list_others(struct dump *d)
{
	int r = d->opt->leave_running || d->opt->leave_stopped ? 0 : tree_keeps_group(d);

	if (r == 1)
		r = list_others(d);
	return r < 0 ? fail(&d->at, r, "cannot list the processes outside the tree") : 0;
}

void dump_check_outside(struct dump *d)
{
	const struct others *o = &d->others;

	check_parent(d);
	for (size_t i = 0; i < o->n; i++)
		if (o->list[i].state == 'T' && !in_tree(d, o->list[i].pid) && group_of_tree(d, o->list[i].pgrp))
			check_group(d, o, &o->list[i]);
}
