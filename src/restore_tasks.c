/* SPDX-License-Identifier: Apache-2.0 */
/* restore_tasks.c - threads, and what each task has of its own. */
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "io.h"
#include "remote.h"
#include "restore_state.h"
#include "task_part.h"

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static int ask_thread(struct task *lead, const struct task *t)
{
	struct tracee *x = lead->tracee;
	int32_t want = t->tid;
	rptr tid = remote_push(x, &want, sizeof(want));
	struct clone_args args = { .flags = THREAD_FLAGS, .set_tid = tid.va, .set_tid_size = 1 };
	rptr at = remote_push(x, &args, sizeof(args));

	return at.va ? remote_ask(x, REMOTE_REQUIRED, 0, SYS_clone3, REMOTE_ARGS(at.va, sizeof(args))) : -ENOSPC;
}

/* The threads that the leader has just made, in their first stop. */
static int adopt_threads(struct restore *r, struct process *p, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		struct task *t = p->tasks[i];
		int err = tracee_adopt(t->tid, &r->tree.waits, &t->tracee);

		if (err == 0) {
			t->tracee->ns_tid = t->tid;
			t->tracee->ns_tgid = p->pid;
			err = tracee_get_regs(t->tracee, &t->tracee->regs);
		}
		if (err == 0)
			err = stub_give_slot(&r->stub, t->tracee);
		if (err < 0)
			return fail(&r->at, err, "cannot take over thread %d", t->tid);
	}
	return 0;
}

static int make_threads(struct restore *r, struct process *p)
{
	struct tracee *x = leader(p)->tracee;
	size_t done = 1;

	r->at.pid = p->pid;
	while (done < p->n_tasks) {
		size_t n = done;
		int err;

		for (; n < p->n_tasks && (n == done || remote_has_room(x, 1, 160)); n++)
			if (ask_thread(leader(p), p->tasks[n]) < 0)
				return fail(&r->at, ENOSPC, "threads");
		err = remote_run(&x, 1);
		if (err == 0)
			err = remote_failed(x, NULL);
		if (err < 0 && err != -EEXIST)
			return fail(&r->at, err, "cannot make threads");
		if (err == -EEXIST)
			n = done + x->n_born;
		if (err == -EEXIST && !restore_pid_comes_free(r))
			return fail(&r->at, 0, "pid %d is taken", p->tasks[n]->tid);
		err = adopt_threads(r, p, done, n);
		if (err < 0)
			return err;
		done = n;
	}
	return 0;
}

int restore_threads(struct restore *r)
{
	EACH_PROCESS(p, &r->tree) {
		int err = p->zombie ? 0 : make_threads(r, p);

		if (err < 0)
			return err;
	}
	return 0;
}

static uint64_t pending_mask(const struct task *t)
{
	const Process *p = t->process->image;
	uint64_t mask = 0;
	siginfo_t info;

	for (size_t i = 0; i < t->image->n_pending; i++) {
		memcpy(&info, t->image->pending[i]->siginfo.data, sizeof(info));
		mask |= 1ull << (info.si_signo - 1);
	}
	for (size_t i = 0; i < p->n_pending; i++) {
		memcpy(&info, p->pending[i]->siginfo.data, sizeof(info));
		mask |= 1ull << (info.si_signo - 1);
	}
	return mask;
}

/* What ends a batch must not be one of the signals that are to stay pending. */
static void choose_end_signal(struct task *t)
{
	uint64_t pending = pending_mask(t);

	t->tracee->end_signal = SIGURG;
	for (int sig = SIGURG; sig > 0 && pending >> (t->tracee->end_signal - 1) & 1; sig--)
		if (sig != SIGKILL && sig != SIGSTOP && !(pending >> (sig - 1) & 1))
			t->tracee->end_signal = sig;
}

static int put_stage(struct restore *r, enum stage stage, const char *what)
{
	struct tracee **list = NULL;
	size_t n = 0;

	EACH_PROCESS(p, &r->tree)
		EACH_TASK(t, p) {
			struct tracee **place = ARENA_ADD(r->mem, list, n);

			if (!place)
				return fail(&r->at, ENOMEM, "tasks");
			*place = t->tracee;
			r->at.pid = t->tid;
			for (const struct task_part *const *part = task_parts; *part; part++) {
				int err;

				if (!(*part)->put || (*part)->stage != stage || ((*part)->leader_only && t != leader(p)))
					continue;
				r->at.kind = (*part)->name;
				err = (*part)->put(t);
				if (err < 0)
					return fail(&r->at, err, "too much to be put back");
			}
		}
	r->at = (struct where){ .phase = r->at.phase, .fd = -1 };
	return restore_run_all(r, list, n, what);
}

static int set_file(struct restore *r, const struct process *p, const char *name, int64_t value)
{
	autoclose dir = proc_open(p->pid);
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%lld", (long long)value);
	err = dir < 0 ? dir : io_put(dir, name, text);
	return err < 0 ? fail(&r->at, err, "cannot set %s to %s%s", name, text,
			      err == -EACCES ? " (lowering oom_score_adj takes CAP_SYS_RESOURCE)" : "") : 0;
}

/* What no call sets; only if it is another than it was born with, which is
 * ckpt's own: not every caller may. */
static int set_files(struct restore *r)
{
	autoclose self = proc_open(getpid());
	uint64_t filter = 0;
	int64_t adj = 0;
	int err = self < 0 ? self : proc_read_s64(r->mem, self, "oom_score_adj", &adj);

	if (err == 0)
		err = proc_read_u64(r->mem, self, "coredump_filter", 16, &filter);
	if (err < 0 && err != -ENOENT)	/* a kernel without core dumps */
		return fail(&r->at, err, "cannot read ckpt's own oom_score_adj or coredump_filter");
	EACH_PROCESS(p, &r->tree) {
		const CoreDump *core = p->image->core_dump;

		r->at.pid = p->pid;
		err = p->zombie || p->image->oom_score_adj == adj ? 0 :
			set_file(r, p, "oom_score_adj", p->image->oom_score_adj);
		if (err == 0 && !p->zombie && core && core->filter != filter)
			err = set_file(r, p, "coredump_filter", core->filter);
		if (err < 0)
			return err;
	}
	return 0;
}

int restore_task_state(struct restore *r)
{
	int err = set_files(r);

	EACH_PROCESS(p, &r->tree)
		EACH_TASK(t, p)
			choose_end_signal(t);
	if (err == 0)
		err = put_stage(r, STAGE_TASK, "put state back");
	if (err == 0)
		err = put_stage(r, STAGE_CREDS, "put credentials back");
	return err < 0 ? err : put_stage(r, STAGE_LAST, "put the last state back");
}
