/* SPDX-License-Identifier: Apache-2.0 */
/* dump_check.c - what could not be saved or built again, from facts alone. */
#include <errno.h>

#include "cleanup.h"
#include "dump_state.h"
#include "plan.h"
#include "task_part.h"

static const struct shared {
	int type;		/* SHARES_ */
	const char *name, *what, *remedy;
} shared[] = {
	{ SHARES_MEMORY, "task.shares-memory", "memory",
	  "Dump when the child has called execve (after vfork)." },
	{ SHARES_FS, "task.shares-fs", "working directory and umask",
	  "Let one of the two call unshare(CLONE_FS) before the dump." },
	{ SHARES_SIGNALS, "task.shares-signals", "signal actions",
	  "Start the program without CLONE_SIGHAND, which is for threads." },
};

static void check_shared(struct dump *d, const struct shared *s)
{
	EACH_PROCESS(p, &d->tree)
		if (!p->zombie && p->shares[s->type] != p)
			obstacle(&d->obstacles, s->name, AT_PID(p->pid), s->remedy,
				 "the process shares its %s with process %d", s->what, p->shares[s->type]->pid);
}

/* The session and group that the tree was started in, when their leaders are
 * not part of it. With --shell-job a restore takes ckpt's own instead. */
static void find_outside(struct dump *d)
{
	const struct process *root = d->tree.list[0];

	EACH_PROCESS(p, &d->tree) {
		p->image->session_outside = p->stat.sid == root->stat.sid && root->stat.sid != root->pid;
		p->image->pgrp_outside = p->image->session_outside && p->stat.pgrp == root->stat.pgrp &&
					 root->stat.pgrp != root->pid;
		if (p->stat.sid == p->pid && p->stat.tty)
			obstacle(&d->obstacles, "task.tty", AT_PID(p->pid),
				 "Start the program below a shell in the terminal, or without one (setsid(1)).",
				 "the process leads a session with a controlling terminal, which cannot be saved yet");
	}
	if (root->stat.sid != root->pid && !d->opt->shell_job)
		obstacle(&d->obstacles, "task.session", AT_PID(root->pid),
			 "Give --shell-job, and again at restore; or start the program with setsid(1).",
			 "session %d was made outside of the tree", root->stat.sid);
}

static const struct process *process_of(const struct tree *tree, pid_t pid)
{
	EACH_PROCESS(p, tree)
		if (p->pid == pid)
			return p;
	return NULL;
}

/* A dead leader's number is free for the helper that plays it at restore, unless
 * somebody outside the tree holds on to the session or group. */
static int check_dead_leader(struct dump *d, const pid_t *pids, size_t n, pid_t id)
{
	for (size_t i = 0; i < n; i++) {
		bool inside = process_of(&d->tree, pids[i]);
		autoclose dir = inside ? -1 : proc_open(pids[i]);
		struct proc_stat stat;
		int r = inside ? -ESRCH : dir < 0 ? dir : proc_read_stat(d->mem, dir, &stat);

		if (r < 0 && r != -ESRCH && r != -ENOENT)
			return fail(&d->at, r, "cannot look at process %d, outside the tree", pids[i]);
		if (r < 0 || (stat.pid != id && stat.pgrp != id && stat.sid != id))
			continue;
		EACH_PROCESS(p, &d->tree) {
			bool group = p->stat.pgrp == id;

			if (!group && p->stat.sid != id)
				continue;
			obstacle(&d->obstacles, "task.session", AT_PID(p->pid),
				 "Save a larger part of the tree, with that process in it.",
				 "process %d, outside the tree, is in %s %d as well", stat.pid,
				 group ? "process group" : "session", id);
			return 0;
		}
	}
	return 0;
}

static int check_dead_leaders(struct dump *d, const struct plan *plan)
{
	pid_t *pids;
	size_t n;
	int r = plan->n_nodes > d->tree.n ? proc_list_processes(d->mem, &pids, &n) : 0;

	if (r < 0)
		return fail(&d->at, r, "cannot list the processes outside the tree");
	for (size_t i = d->tree.n; r == 0 && i < plan->n_nodes; i++)
		r = check_dead_leader(d, pids, n, plan->nodes[i].pid);
	return r;
}

/* Could a restore rebuild sessions, groups and shared tables? */
static int check_plan(struct dump *d)
{
	struct plan_node *nodes = arena_zalloc(d->mem, d->tree.n * sizeof(*nodes));
	struct plan plan;
	const char *why;
	size_t bad = 0;
	int r;

	if (!nodes)
		return fail(&d->at, ENOMEM, "plan");
	EACH_PROCESS(p, &d->tree)
		nodes[p->index] = (struct plan_node){
			.pid = p->pid, .parent = p->parent ? p->parent->index : PLAN_CKPT,
			.sid = p->stat.sid, .pgid = p->stat.pgrp, .session_outside = p->image->session_outside,
			.pgrp_outside = p->image->pgrp_outside, .zombie = p->zombie, .files = p->image->files,
		};
	r = plan_tree(d->mem, nodes, d->tree.n, &plan, &why, &bad);
	if (r == -EINVAL) {
		obstacle(&d->obstacles, "task.session", AT_PID(d->tree.list[bad]->pid),
			 "Save a larger part of the tree, from the session's leader on, or give --shell-job.", "%s", why);
		return 0;
	}
	return r < 0 ? fail(&d->at, r, "cannot plan the tree") : check_dead_leaders(d, &plan);
}

static int check_task(struct arena *a, struct task *t, struct obstacles *list)
{
	for (size_t i = 0; task_parts[i]; i++) {
		const struct task_part *part = task_parts[i];
		struct where at = { .phase = "check", .pid = t->tid, .fd = -1, .kind = part->name };
		int r = 0;

		if (part->leader_only && t != leader(t->process))
			continue;
		if (part->look)
			r = part->look(a, t);
		if (r < 0)
			return fail(&at, r, "cannot read its state");
		if (part->check)
			r = part->check(a, t, list);
		if (r < 0)
			return fail(&at, r, "cannot tell whether it can be saved");
	}
	return 0;
}

/* The checks of single tasks go on while the phase after this asks them. */
int dump_check(struct dump *d)
{
	int r = proc_read_semaphores(d->mem, &d->tree.semsets, &d->tree.n_semsets);

	if (r < 0)
		return fail(&d->at, r, "cannot list the semaphores");
	find_outside(d);
	r = dump_tasks_begin(d, check_task, true);
	if (r == 0)
		r = check_plan(d);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(shared); i++)
		check_shared(d, &shared[i]);
	if (r == 0)
		dump_check_outside(d);
	return r < 0 ? r : files_check(d->files, &d->at, &d->obstacles);
}
