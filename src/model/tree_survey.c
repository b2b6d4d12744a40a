/* SPDX-License-Identifier: Apache-2.0 */
/* tree_survey.c - finding the processes and tasks of a live tree. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "model.h"
#include "say.h"

#define PF_KTHREAD 0x00200000u	/* linux/sched.h */

static struct process *find_process(const struct tree *tree, pid_t pid)
{
	for (size_t i = 0; i < tree->n; i++)
		if (tree->list[i]->pid == pid)
			return tree->list[i];
	return NULL;
}

static struct task *find_task(const struct process *p, pid_t tid)
{
	for (size_t i = 0; i < p->n_tasks; i++)
		if (p->tasks[i]->tid == tid)
			return p->tasks[i];
	return NULL;
}

static int add_task(struct tree *tree, struct process *p, pid_t tid)
{
	struct task *t = arena_zalloc(tree->mem, sizeof(*t));
	struct task **place;

	if (!t)
		return -ENOMEM;
	t->tid = tid;
	t->process = p;
	t->tree = tree;
	t->dir = proc_open_task(p->dir, tid);
	if (t->dir < 0)
		return t->dir;
	proc_keep(t->dir, "status");
	proc_keep(t->dir, "children");
	place = ARENA_ADD(tree->mem, p->tasks, p->n_tasks);
	if (!place)
		return -ENOMEM;
	*place = t;
	/* The leader is listed first by the kernel, and by us whatever happens. */
	if (tid == p->pid && p->n_tasks > 1) {
		*place = p->tasks[0];
		p->tasks[0] = t;
	}
	return 0;
}

/* New threads of a process. *ret_new counts them; a task that vanishes
 * while we look is none. */
static int list_tasks(struct tree *tree, struct process *p, size_t *ret_new)
{
	pid_t *tids;
	size_t n;
	int r = proc_list_tasks(tree->mem, p->dir, &tids, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (p->n_tasks == n && p->tasks[i]->tid == tids[i])
			continue;
		if (find_task(p, tids[i]))
			continue;
		r = add_task(tree, p, tids[i]);
		if (r == 0)
			(*ret_new)++;
		else if (r == -ENOENT || r == -ESRCH)
			r = 0;
	}
	return r == -ENOENT || r == -ESRCH ? 0 : r;
}

/* While the tree stands still. */
static const char *const read_again[] = { "stat", "task", "fd", "timers", "oom_score_adj", "coredump_filter" };

static int add_process(struct tree *tree, pid_t pid, struct process *parent, struct process **ret)
{
	struct process *p = arena_zalloc(tree->mem, sizeof(*p));
	struct process **place;
	int r;

	if (!p)
		return -ENOMEM;
	p->pid = pid;
	p->parent = parent;
	p->pidfd = -1;
	for (int i = 0; i < BPF_ITERS; i++)
		p->iter[i] = -1;
	p->dir = proc_open(pid);
	if (p->dir < 0)
		return p->dir;
	for (size_t i = 0; i < ARRAY_SIZE(read_again); i++)
		proc_keep(p->dir, read_again[i]);
	r = proc_read_stat(tree->mem, p->dir, &p->stat);
	if (r < 0) {
		proc_close(p->dir);
		return r;
	}
	p->zombie = p->stat.state == 'Z' && p->stat.threads <= 1;
	if (!p->zombie)
		p->pidfd = (int)FAULTY(FAULT_OPEN, syscall(SYS_pidfd_open, pid, 0));
	if (!p->zombie && p->pidfd < 0) {
		r = -errno;
		proc_close(p->dir);
		return r;
	}
	p->index = (uint32_t)tree->n;
	place = ARENA_ADD(tree->mem, tree->list, tree->n);
	if (!place)
		return -ENOMEM;
	*place = p;
	*ret = p;
	return 0;
}

static int list_children_of(struct tree *tree, struct process *p, const struct task *t, size_t *ret_new)
{
	pid_t *pids;
	size_t n;
	int r = proc_list_task_children(tree->mem, t->dir, &pids, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct process *child;

		if (find_process(tree, pids[i]))
			continue;
		r = add_process(tree, pids[i], p, &child);
		if (r == 0)
			(*ret_new)++;
		else if (r == -ENOENT || r == -ESRCH)
			r = 0;
	}
	return r == -ENOENT || r == -ESRCH ? 0 : r;
}

/* Of all its tasks, which have just been listed. */
static int list_children(struct tree *tree, struct process *p, size_t *ret_new)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_tasks; i++)
		r = list_children_of(tree, p, p->tasks[i], ret_new);
	return r;
}

/* One walk over the tree; what it adds is walked over too. */
int tree_list(struct tree *tree, size_t *ret_new)
{
	*ret_new = 0;
	for (size_t i = 0; i < tree->n; i++) {
		struct process *p = tree->list[i];
		int r = p->zombie ? 0 : list_tasks(tree, p, ret_new);

		if (r == 0 && !p->zombie)
			r = list_children(tree, p, ret_new);
		if (r < 0)
			return r;
	}
	return 0;
}

static int refuse(const struct tree *tree, const struct process *root, const struct where *at)
{
	struct proc_status status;
	pid_t up = getpid();
	int r;

	if (root->stat.flags & PF_KTHREAD)
		return fail(at, 0, "%s is a kernel thread, which cannot be saved", root->stat.comm);
	if (root->zombie)
		return fail(at, 0, "%s has ended already; only its parent's wait is missing", root->stat.comm);
	r = proc_read_status(tree->mem, root->dir, &status);
	if (r < 0)
		return fail(at, r, "cannot look at process %d", root->pid);
	if (status.tracer)
		return fail(at, 0, "already traced by process %d (task.traced); a debugger and ckpt cannot hold it both",
			    status.tracer);
	while (up > 1) {
		autoclose dir = -1;
		struct proc_stat stat;

		if (up == root->pid)
			return fail(at, 0, up == getpid() ? "that is ckpt itself" :
				    "ckpt itself runs below this process; start ckpt from elsewhere");
		dir = proc_open(up);
		r = dir < 0 ? dir : proc_read_stat(tree->mem, dir, &stat);
		if (r == -ENOENT || r == -ESRCH)	/* it has just ended, or is hidden from us (hidepid) */
			break;
		if (r < 0)
			return fail(at, r, "cannot look at process %d, which ckpt runs below", up);
		up = stat.ppid;
	}
	if (up == root->pid)
		return fail(at, 0, "ckpt itself runs below this process; start ckpt from elsewhere");
	return 0;
}

int tree_survey(struct tree *tree, pid_t root, const struct where *at)
{
	struct process *p;
	size_t more;
	int r = add_process(tree, root, NULL, &p);

	if (r == -ENOENT || r == -ESRCH)
		return fail(at, 0, "no such process: %d", root);
	if (r < 0)
		return fail(at, r, "cannot look at process %d", root);
	if (p->stat.pid != root || kill(root, 0) < 0) {
		if (errno == ESRCH)
			return fail(at, 0, "no such process: %d", root);
		if (errno == EPERM)
			return fail(at, EPERM, "process %d belongs to another user", root);
	}
	r = refuse(tree, p, at);
	if (r < 0)
		return r;
	r = tree_list(tree, &more);
	if (r < 0)
		return fail(at, r, "cannot list the tasks below process %d", root);
	return early_look(tree, at);
}
