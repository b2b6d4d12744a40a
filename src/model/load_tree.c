/* SPDX-License-Identifier: Apache-2.0 */
/* load_tree.c - processes, tasks, and what they share. */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "load_parts.h"

#define PID_LEVELS_MAX 33	/* MAX_PID_NS_LEVEL and the first */
#define SIGNAL_MAX 64
#define SIGINFO_SIZE 128

static int check_pids(struct loader *l, const char *what, uint32_t id, const uint32_t *pids, size_t n)
{
	if (!n || n > PID_LEVELS_MAX)
		return load_bad(l, "%s %u has %zu pids", what, id, n);
	for (size_t i = 0; i < n; i++)
		if (!pids[i] || pids[i] > LOAD_PID_MAX)
			return load_bad(l, "%s %u has the pid %u", what, id, pids[i]);
	return 0;
}

int load_check_queue(struct loader *l, QueuedSignal *const *queue, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int signo;

		if (queue[i]->siginfo.len != SIGINFO_SIZE)
			return load_bad(l, "a queued signal has %zu bytes of siginfo instead of %d",
					queue[i]->siginfo.len, SIGINFO_SIZE);
		memcpy(&signo, queue[i]->siginfo.data, sizeof(signo));
		if (signo < 1 || signo > SIGNAL_MAX || signo == SIGKILL)
			return load_bad(l, "a queued signal has the number %d", signo);
	}
	return 0;
}

static int load_sighand(struct loader *l, Sighand *s)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < s->n_actions; i++) {
		uint32_t signo = s->actions[i]->signo;

		if (!signo || signo > SIGNAL_MAX || signo == SIGKILL || signo == SIGSTOP)
			return load_bad(l, "there is an action for signal %u, which can have none", signo);
		if (seen & UINT64_C(1) << (signo - 1))
			return load_bad(l, "there are two actions for signal %u", signo);
		seen |= UINT64_C(1) << (signo - 1);
	}
	return LOAD_PUT(l, l->c->sighands, l->c->n_tree_ids, s->id, s, "a set of signal actions");
}

static int load_fs(struct loader *l, Fs *f)
{
	if (f->cwd[0] != '/')
		return load_bad(l, "the working directory is no absolute path");
	if (strlen(f->cwd) >= PATH_MAX)
		return load_bad(l, "the working directory has a path of %zu bytes", strlen(f->cwd));
	if (f->umask & ~UINT32_C(0777))
		return load_bad(l, "the umask is %o", f->umask);
	return LOAD_PUT(l, l->c->fss, l->c->n_tree_ids, f->id, f, "an fs");
}

static int load_creds(struct loader *l, Creds *c)
{
	if (c->n_groups > LOAD_GROUPS_MAX)
		return load_bad(l, "credentials %u have %zu supplementary groups", c->id, c->n_groups);
	return LOAD_PUT(l, l->c->creds, l->c->n_tree_ids, c->id, c, "a set of credentials");
}

static int check_limits(struct loader *l, const Process *p)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < p->n_limits; i++) {
		const Limit *limit = p->limits[i];

		if (limit->resource >= RLIM_NLIMITS || seen & 1u << limit->resource)
			return load_bad(l, "process %u has a limit on resource %u, unknown or named twice",
					p->id, limit->resource);
		if (limit->soft > limit->hard)
			return load_bad(l, "process %u has a soft limit above the hard one", p->id);
		seen |= 1u << limit->resource;
	}
	return 0;
}

/* As wait(2) reports an end: by exit, or by a signal whose default that is. */
static bool is_end(uint32_t status)
{
	const uint32_t sig = status & 0x7f;
	static const uint64_t others = 1ull << (SIGCHLD - 1) | 1ull << (SIGCONT - 1) | 1ull << (SIGURG - 1) |
		1ull << (SIGWINCH - 1) | 1ull << (SIGSTOP - 1) | 1ull << (SIGTSTP - 1) | 1ull << (SIGTTIN - 1) |
		1ull << (SIGTTOU - 1);

	if (!sig)
		return status <= 0xffff && !(status & 0x80);
	return status <= 0xff && sig <= SIGNAL_MAX && !(others >> (sig - 1) & 1);
}

static int check_zombie(struct loader *l, const Process *p)
{
	if (!is_end(p->zombie->status))
		return load_bad(l, "process %u is a zombie whose end is told as %#x", p->id, p->zombie->status);
	/* Its parent would not have lived through it. */
	if (p->exit_signal == SIGKILL || p->exit_signal == SIGSTOP)
		return load_bad(l, "process %u is a zombie with the exit signal %u", p->id, p->exit_signal);
	if (p->mm || p->files || p->fs || p->sighand)
		return load_bad(l, "process %u is a zombie with an mm, files, fs or signal actions", p->id);
	if (!LOADED(l->c->creds, l->c->n_tree_ids, p->creds))
		return load_bad(l, "process %u refers to credentials %u, which no record before it defines",
				p->id, p->creds);
	return 0;
}

static int check_live(struct loader *l, const Process *p)
{
	const struct checkpoint *c = l->c;

	if (!LOADED(c->mms, c->n_mm_ids, p->mm))
		return load_bad(l, "process %u refers to address space %u, which does not exist", p->id, p->mm);
	if (!LOADED(c->tables, c->n_file_ids, p->files))
		return load_bad(l, "process %u refers to descriptor table %u, which does not exist", p->id, p->files);
	if (!LOADED(c->fss, c->n_tree_ids, p->fs))
		return load_bad(l, "process %u refers to fs %u, which no record before it defines", p->id, p->fs);
	if (!LOADED(c->sighands, c->n_tree_ids, p->sighand))
		return load_bad(l, "process %u refers to signal actions %u, which no record before it defines",
				p->id, p->sighand);
	if (p->stop_untold > 0xffff || p->dumpable > 2)
		return load_bad(l, "process %u has a stop signal or dumpable that cannot be", p->id);
	if (p->oom_score_adj < -1000 || p->oom_score_adj > 1000)
		return load_bad(l, "process %u has the oom_score_adj %d", p->id, p->oom_score_adj);
	return check_limits(l, p);
}

/* A session or group outside the tree may have any number: none is used. */
static int check_groups(struct loader *l, const Process *p)
{
	int err = 0;

	if (!p->n_sids || !p->n_pgids)
		return load_bad(l, "process %u has no session or no process group", p->id);
	if (!p->session_outside)
		err = check_pids(l, "the session of process", p->id, p->sids, p->n_sids);
	if (!err && !p->pgrp_outside)
		err = check_pids(l, "the process group of process", p->id, p->pgids, p->n_pgids);
	return err;
}

static int check_parent(struct loader *l, const Process *p)
{
	const struct checkpoint *c = l->c;

	if (!c->n_order)
		return p->parent ? load_bad(l, "process %u comes first but has a parent in the tree", p->id) : 0;
	if (!p->parent)
		return load_bad(l, "process %u is a second root of the tree", p->id);
	if (!LOADED(c->processes, c->n_tree_ids, p->parent))
		return load_bad(l, "process %u has the parent %u, which no record before it defines", p->id, p->parent);
	if (c->processes[p->parent]->msg->zombie)
		return load_bad(l, "process %u has a zombie as its parent", p->id);
	return 0;
}

static int load_process(struct loader *l, Process *p)
{
	struct loaded_process *proc = arena_zalloc(l->mem, sizeof(*proc)), **el;
	int err = check_pids(l, "process", p->id, p->pids, p->n_pids);

	if (!err)
		err = check_groups(l, p);
	if (!err)
		err = check_parent(l, p);
	if (!err && p->exit_signal > SIGNAL_MAX)
		err = load_bad(l, "process %u has the exit signal %u", p->id, p->exit_signal);
	if (!err)
		err = p->zombie ? check_zombie(l, p) : check_live(l, p);
	if (!err)
		err = load_check_queue(l, p->pending, p->n_pending);
	if (err)
		return err;
	el = proc ? ARENA_ADD(l->mem, l->c->order, l->c->n_order) : NULL;
	if (!el)
		return load_nomem(l);
	*el = proc;
	proc->index = l->c->n_order - 1;
	proc->msg = p;
	proc->parent = p->parent ? l->c->processes[p->parent] : NULL;
	return LOAD_PUT(l, l->c->processes, l->c->n_tree_ids, p->id, proc, "a process");
}

static int check_task(struct loader *l, const Task *t)
{
	const struct checkpoint *c = l->c;
	int err = check_pids(l, "task", t->id, t->tids, t->n_tids);

	if (err)
		return err;
	if (!LOADED(c->processes, c->n_tree_ids, t->process))
		return load_bad(l, "task %u belongs to process %u, which no record before it defines",
				t->id, t->process);
	if (c->processes[t->process]->msg->zombie)
		return load_bad(l, "task %u belongs to process %u, a zombie", t->id, t->process);
	if (!LOADED(c->creds, c->n_tree_ids, t->creds))
		return load_bad(l, "task %u refers to credentials %u, which no record before it defines",
				t->id, t->creds);
	return load_check_task(l, t);
}

static int load_task(struct loader *l, Task *t)
{
	struct loaded_process *proc;
	Task **el;
	int err = check_task(l, t);

	if (err)
		return err;
	proc = l->c->processes[t->process];
	if (t->n_tids != proc->msg->n_pids)
		return load_bad(l, "task %u has %zu pids, its process %zu", t->id, t->n_tids, proc->msg->n_pids);
	el = ARENA_ADD(l->mem, proc->tasks, proc->n_tasks);
	if (!el)
		return load_nomem(l);
	*el = t;
	l->c->n_tasks++;
	if (t->tids[0] == proc->msg->pids[0]) {
		if (memcmp(t->tids, proc->msg->pids, t->n_tids * sizeof(*t->tids)))
			return load_bad(l, "task %u leads process %u in one pid namespace only", t->id, t->process);
		proc->leader = t;
	}
	return LOAD_PUT(l, l->c->tasks, l->c->n_tree_ids, t->id, t, "a task");
}

static int compare_pids(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* A live process has the pid of its leading task, a zombie its own. */
static int check_unique(struct loader *l)
{
	const struct checkpoint *c = l->c;
	uint32_t *pids = arena_zalloc(l->mem, (c->n_tasks + c->n_order) * sizeof(*pids));
	size_t n = 0;

	if (!pids)
		return load_nomem(l);
	for (size_t i = 0; i < c->n_order; i++) {
		const struct loaded_process *p = c->order[i];

		if (p->msg->zombie)
			pids[n++] = p->msg->pids[0];
		else if (!p->leader)
			return load_bad(l, "process %u has no leading task", p->msg->id);
		for (size_t t = 0; t < p->n_tasks; t++)
			pids[n++] = p->tasks[t]->tids[0];
	}
	qsort(pids, n, sizeof(*pids), compare_pids);
	for (size_t i = 1; i < n; i++)
		if (pids[i] == pids[i - 1])
			return load_bad(l, "the pid %u is there twice", pids[i]);
	return 0;
}

static int load_record(struct loader *l, TreeRecord *r)
{
	switch (r->record_case) {
	case TREE_RECORD__RECORD_SIGHAND:
		return load_sighand(l, r->sighand);
	case TREE_RECORD__RECORD_FS:
		return load_fs(l, r->fs);
	case TREE_RECORD__RECORD_CREDS:
		return load_creds(l, r->creds);
	case TREE_RECORD__RECORD_PROCESS:
		return load_process(l, r->process);
	case TREE_RECORD__RECORD_TASK:
		return load_task(l, r->task);
	default:
		return load_bad(l, "it is empty");
	}
}

int load_tree(struct loader *l, TreeRecord **records, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		l->record = i + 1;
		err = load_record(l, records[i]);
	}
	l->record = 0;
	if (err)
		return err;
	if (!l->c->n_order)
		return load_bad(l, "there is no process");
	if (l->c->order[0]->msg->id != l->c->inventory->root_process)
		return load_bad(l, "the inventory calls process %u the root, but process %u comes first",
				l->c->inventory->root_process, l->c->order[0]->msg->id);
	return check_unique(l);
}
