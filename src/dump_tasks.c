/* SPDX-License-Identifier: Apache-2.0 */
/* dump_tasks.c - what /proc, ptrace and the tasks themselves tell of them. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "arch.h"
#include "calls.h"
#include "cleanup.h"
#include "dump_state.h"
#include "share.h"
#include "task_part.h"

/* Their leader is worth to be read first, by one thread. Under AddressSanitizer all are, so
 * that all tests do. */
#ifdef __SANITIZE_ADDRESS__
#define MANY_THREADS 1u
#else
#define MANY_THREADS 8u
#endif

/* What only the tracing thread can ask for. */
static int collect_task(struct dump *d, struct task *t, void *xstate)
{
	int r;

	d->at.pid = t->tid;
	r = arch_get_xstate(t->tracee, xstate, d->xstate_max, &t->xstate_len);
	if (r < 0)
		return fail(&d->at, r, "cannot read the vector registers");
	t->pkru = arch_pkru(xstate, t->xstate_len, d->pkru_offset);
	t->xstate_used = arch_xstate_used(xstate, t->xstate_len);
	t->xstate = arena_memdup(d->mem, xstate, MAX(d->xstate_plain, t->xstate_used));
	if (!t->xstate)
		return fail(&d->at, ENOMEM, "task");
	r = tracee_dispatch_on(t->tracee, &t->dispatch);
	return r < 0 ? fail(&d->at, r, "cannot tell whether syscall user dispatch is on") : 0;
}

static int leave_sections(struct dump *d, const struct process *p)
{
	struct tracee **list = arena_zalloc(d->mem, (p->n_tasks + 1) * sizeof(*list));
	int r;

	d->at.pid = p->pid;
	if (!list)
		return fail(&d->at, ENOMEM, "tasks");
	for (size_t i = 0; i < p->n_tasks; i++)
		list[i] = p->tasks[i]->tracee;
	r = tracee_leave_sections(list, p->n_tasks);
	return r < 0 ? fail(&d->at, r, "cannot look for a restartable sequence") : 0;
}

/* What is the same for all threads of a process that are alike, and shorter to tell of one:
 * how long a thread has slept is not. */
static bool is_as_leader(const struct task *t)
{
	const struct process *p = t->process;

	return t != leader(p) && p->alike && leader(p)->status.n_nspid == 1 && !t->early.since_ns;
}

static int read_status(struct arena *a, struct task *t)
{
	int r;

	if (is_as_leader(t)) {
		t->status = leader(t->process)->status;
		t->status.sig_pending = 0;
		t->status.sig_blocked = t->tracee->mask;
		t->tracee->ns_tgid = leader(t->process)->tracee->ns_tgid;
		return 0;
	}
	r = proc_read_status(a, t->dir, &t->status);
	if (r < 0 || !t->status.n_nspid)
		return r;
	t->tracee->ns_tid = t->status.nspid[t->status.n_nspid - 1];
	t->tracee->ns_tgid = t->status.nstgid[t->status.n_nspid - 1];
	return 0;
}

static int read_leader(struct arena *a, struct task *t)
{
	int r = read_status(a, t);

	if (r == 0)
		r = proc_read_stat(a, t->process->dir, &t->stat);
	if (r == 0)
		compare_tasks(a, t->process);
	return r;
}

static int read_failed(const struct task *t, int err)
{
	return fail(&(struct where){ .phase = "collect", .pid = t->tid, .fd = -1 }, err, "cannot read its state from /proc");
}

static bool has_many_threads(const struct process *p)
{
	return p->n_tasks >= MANY_THREADS;
}

/* What /proc tells, and what can be asked from outside. */
static int read_facts(struct arena *a, struct task *t, struct obstacles *list)
{
	struct process *p = t->process;
	struct where at = { .phase = "collect", .pid = t->tid, .fd = -1 };
	int r = 0;

	(void)list;
	if (t != leader(p))
		r = read_status(a, t);
	else if (!has_many_threads(p))
		r = read_leader(a, t);
	if (r < 0)
		return read_failed(t, r);
	t->stat.nice = getpriority(PRIO_PROCESS, (id_t)t->tid);
	if (t != leader(p))
		return 0;
	p->stat = t->stat;
	r = mm_collect(a, p, &at);
	return r < 0 ? r : files_look(a, p, &at);
}

/* Before their threads, which can then be told by the leader. */
static int read_leaders(struct dump *d)
{
	EACH_PROCESS(p, &d->tree) {
		int r = has_many_threads(p) ? read_leader(d->mem, leader(p)) : 0;

		if (r < 0)
			return read_failed(leader(p), r);
	}
	return 0;
}

static int begin_messages(struct dump *d)
{
	EACH_PROCESS(p, &d->tree) {
		p->image = ARENA_MSG(d->mem, Process, process);
		if (!p->image)
			return fail(&d->at, ENOMEM, "process");
		EACH_TASK(t, p) {
			t->image = ARENA_MSG(d->mem, Task, task);
			if (!t->image)
				return fail(&d->at, ENOMEM, "task");
		}
	}
	return 0;
}

static int collect_tasks(struct dump *d)
{
	void *xstate = arena_zalloc(d->mem, d->xstate_max);
	int r = xstate ? read_leaders(d) : fail(&d->at, ENOMEM, "tasks");

	if (r == 0)
		r = dump_tasks_begin(d, read_facts, false);
	EACH_PROCESS(p, &d->tree) {
		EACH_TASK(t, p)
			if (r == 0)
				r = collect_task(d, t, xstate);
		if (r == 0)
			r = leave_sections(d, p);
	}
	return r < 0 ? r : dump_tasks_end(d);
}

/* Where a child hung when it was listed may not be where it hangs now. */
static void find_parents(struct tree *tree)
{
	for (size_t i = 1; i < tree->n; i++)
		for (size_t j = 0; j < tree->n; j++)
			if (tree->list[j]->pid == tree->list[i]->stat.ppid)
				tree->list[i]->parent = tree->list[j];
}

int dump_collect(struct dump *d)
{
	int r = share_find(&d->tree);

	if (r < 0)
		return fail(&d->at, r, "cannot compare the processes");
	r = begin_messages(d);
	if (r == 0)
		r = collect_tasks(d);
	if (r < 0)
		return r;
	find_parents(&d->tree);
	d->at.pid = 0;
	r = files_collect(d->files, &d->at);
	return r;
}

/* A task that may not, or cannot, be made to call: it is in the list already. */
static bool is_silent(const struct task *t)
{
	return t->status.seccomp || (t->tracee->regs.cs & 0xffff) != 0x33 || t->dispatch || !arch_key_permits(t->pkru, 0);
}

/* The end of a batch must not be seen by the program: a signal that is
 * ignored, and that is on no queue already. */
static int quiet_signal(const struct proc_status *s)
{
	static const int by_default[] = { SIGURG, SIGWINCH, SIGCHLD };
	uint64_t taken = s->sig_caught | s->sig_pending | s->sig_shared;

	for (size_t i = 0; i < ARRAY_SIZE(by_default); i++)
		if (!(taken >> (by_default[i] - 1) & 1))
			return by_default[i];
	for (int sig = 1; sig <= 64; sig++)
		if (sig != SIGCONT && (s->sig_ignored & ~taken) >> (sig - 1) & 1)
			return sig;
	return 0;
}

static int create_remote(struct dump *d, struct process *p)
{
	struct task *first = leader(p);
	size_t area = arch_frame_area(first->xstate, first->xstate_len, d->xstate_plain);
	int r = site_holds(&d->tree.vdso, p) ? 0 : site_find(d->mem, &d->tree.vdso, p);

	if (r == 0)
		r = site_dead_memory(p, arch_frame_size(area));
	if (is_own_error(r) || r == -ESRCH)
		return r;
	if (r < 0) {
		EACH_TASK(t, p)
			t->silent = true;
		obstacle(&d->obstacles, "mm.unreachable", AT_PID(p->pid), "There is no way round this yet.",
			 "the process has no vdso, no signal return code or no stack that a system call could be made from");
		return 0;
	}
	EACH_TASK(t, p) {
		t->silent = is_silent(t) || first->silent;
		t->tracee->end_signal = quiet_signal(&t->status);
	}
	if (first->silent)
		return 0;
	first->tracee->restarted = calls_restarted(first);
	if (first->tracee->restarted < 0)
		return (int)first->tracee->restarted;
	return remote_create(first->tracee, p->n_tasks, &p->site, first->xstate, area, &p->remote);
}

static int scratch_failed(struct dump *d, int r)
{
	return fail(&d->at, r, r == -ENOMEM ? "no room for the scratch pages; the process may be at its limits (RLIMIT_DATA, RLIMIT_AS)" :
					     "cannot map the scratch pages");
}

static int give_slots(struct dump *d, struct process *p)
{
	int r = remote_error(p->remote);

	d->at.pid = p->pid;
	if (r < 0)
		return scratch_failed(d, r);
	remote_range(p->remote, &p->scratch_start, &p->scratch_end);
	EACH_TASK(t, p) {
		r = t->silent ? 0 : remote_add(p->remote, t->tracee);
		if (r < 0)
			return fail(&d->at, r, "cannot make a slot");
	}
	return 0;
}

static int open_remotes(struct dump *d)
{
	struct remote **list = arena_zalloc(d->mem, d->tree.n * sizeof(*list));
	size_t n = 0;
	int r = list ? 0 : -ENOMEM;

	EACH_PROCESS(p, &d->tree) {
		if (r < 0 || p->zombie)
			continue;
		d->at.pid = p->pid;
		r = create_remote(d, p);
		if (r == 0 && p->remote)
			list[n++] = p->remote;
	}
	if (r < 0)
		return fail(&d->at, r, "cannot prepare remote calls");
	r = remote_open(list, n);
	EACH_PROCESS(p, &d->tree) {
		int err = p->remote ? give_slots(d, p) : 0;

		if (err < 0)
			return err;
	}
	d->at.pid = 0;
	return r < 0 ? fail(&d->at, r, "cannot map the scratch pages") : 0;
}

static int ask_all(struct dump *d, struct task *t)
{
	for (size_t i = 0; task_parts[i]; i++) {
		const struct task_part *part = task_parts[i];
		int r;

		if (!part->ask || (part->leader_only && t != leader(t->process)))
			continue;
		d->at.kind = part->name;
		r = part->ask(t, &t->asked[i]);
		if (r < 0)
			return fail(&d->at, r, "cannot ask the task");
	}
	return 0;
}

static int take_all(struct dump *d, struct task *t)
{
	for (size_t i = 0; task_parts[i]; i++) {
		const struct task_part *part = task_parts[i];
		int r;

		if (!part->take || (part->leader_only && t != leader(t->process)))
			continue;
		d->at.kind = part->name;
		r = part->take(d->mem, t, &t->asked[i], &d->obstacles);
		if (r < 0)
			return fail(&d->at, r, "cannot read its state");
	}
	return 0;
}

static int run_all(struct dump *d)
{
	struct tracee **list = NULL;
	size_t n = 0;
	int r = 0;

	EACH_PROCESS(p, &d->tree)
		EACH_TASK(t, p) {
			struct tracee **place;

			d->at = (struct where){ .phase = d->at.phase, .pid = t->tid, .fd = -1 };
			if (t->silent || r < 0)
				continue;
			r = ask_all(d, t);
			place = ARENA_ADD(d->mem, list, n);
			if (!place)
				return fail(&d->at, ENOMEM, "tasks");
			*place = t->tracee;
		}
	d->at = (struct where){ .phase = d->at.phase, .fd = -1 };
	if (r < 0)
		return r;
	r = remote_run(list, n);
	EACH_PROCESS(p, &d->tree) {
		d->at.pid = p->pid;
		if (r == -ENOMEM && p->remote && remote_is_closed(leader(p)->tracee))
			return scratch_failed(d, r);
	}
	d->at.pid = 0;
	return r < 0 ? fail(&d->at, r, "remote calls") : 0;
}

int dump_task_state(struct dump *d)
{
	int r;

	EACH_PROCESS(p, &d->tree) {
		d->at.pid = p->pid;
		r = p->zombie ? 0 : mm_check(d->mem, p, d->files, &d->obstacles);
		if (r < 0)
			return fail(&d->at, r, "cannot describe the memory");
	}
	r = open_remotes(d);
	if (r == 0)
		r = run_all(d);
	if (r == 0)
		r = dump_tasks_end(d);		/* of the check */
	if (r < 0)
		return r;
	EACH_PROCESS(p, &d->tree)
		EACH_TASK(t, p) {
			d->at.pid = t->tid;
			r = take_all(d, t);
			if (r < 0)
				return r;
			if (d->opt->leave_running || d->opt->leave_stopped)
				r = calls_shorten(t->tracee, t->image->call);
			if (r < 0)
				return fail(&d->at, r, "cannot shorten the timeout of its call");
		}
	return 0;
}
