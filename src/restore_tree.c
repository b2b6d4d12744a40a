/* SPDX-License-Identifier: Apache-2.0 */
/* restore_tree.c - carrying out the plan: processes, sessions, groups. */
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "arch.h"
#include "cleanup.h"
#include "io.h"
#include "remote.h"
#include "restore_state.h"

#define OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK)
#define KILLED_AFTER_MS 5000
#define FREE_AFTER_MS 1000

bool restore_pid_comes_free(struct restore *r)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int64_t now = io_now_ns(CLOCK_MONOTONIC);

	if (!r->pids_free_ns)
		r->pids_free_ns = now + FREE_AFTER_MS * 1000000ll;
	if (now > r->pids_free_ns || waits_check(&r->tree.waits) < 0)
		return false;
	nanosleep(&nap, NULL);
	return true;
}

/* The very first child, until it is taken over: it must not outlive ckpt, and
 * has nothing of its own yet that would tell it of ckpt's end but a pidfd. */
static void wait_to_be_seized(int ckpt_pidfd)
{
	struct pollfd end = { .fd = ckpt_pidfd, .events = POLLIN };

	for (;;)
		if (syscall(SYS_poll, &end, 1, -1) == 1)
			syscall(SYS_exit_group, 1);
}

static int first_child(struct restore *r, pid_t *ret)
{
	pid_t want = r->tree.list[0]->pid;
	struct clone_args args = {
		.flags = CLONE_FILES | (r->opt->sibling ? CLONE_PARENT : 0),
		.exit_signal = r->opt->sibling ? 0 : SIGCHLD,
		.set_tid = (uint64_t)&want, .set_tid_size = 1,
	};
	long pid;

	/* The table is shared: it stays open until the child is taken over. */
	r->self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (r->self < 0)
		return fail(&r->at, errno, "cannot watch ckpt itself");
	do
		pid = syscall(SYS_clone3, &args, sizeof(args));
	while (pid < 0 && errno == EEXIST && restore_pid_comes_free(r));
	if (pid == 0)
		wait_to_be_seized(r->self);
	if (pid < 0)
		return fail(&r->at, errno, errno == EPERM ? "giving a process its pid takes CAP_CHECKPOINT_RESTORE" :
			    errno == EEXIST ? "pid %d is taken" : "cannot make process %d", want);
	*ret = (pid_t)pid;
	return 0;
}

/* What ckpt's memory goes with, and what ckpt's caller or ckpt itself ignores,
 * is not the tree's. A registered rseq area that is unmapped would kill. */
static int forget_ckpt(struct restore *r, struct tracee *t)
{
	const uint64_t by_default[4] = { 0 };
	const stack_t no_stack = { .ss_flags = SS_DISABLE };
	rptr action = remote_push(t, by_default, sizeof(by_default));

	remote_ask(t, 0, 0, SYS_sigaltstack, REMOTE_ARGS(remote_push(t, &no_stack, sizeof(no_stack)).va, 0));
	remote_ask(t, 0, 0, SYS_rseq, REMOTE_ARGS((uint64_t)__builtin_thread_pointer() + (uint64_t)__rseq_offset,
		   32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
	for (uint64_t sig = 1; sig <= 64; sig++)
		remote_ask(t, 0, 0, SYS_rt_sigaction, REMOTE_ARGS(sig, action.va, 0, 8));
	restore_ask_unmap(r, t);
	return restore_run_all(r, &t, 1, "give up ckpt's memory");
}

static void set_actor(struct restore *r, uint32_t node, struct tracee *t)
{
	r->actors[node] = t;
	if (node < r->tree.n && !r->tree.list[node]->zombie)
		leader(r->tree.list[node])->tracee = t;
}

static int make_first(struct restore *r)
{
	struct tracee *t;
	pid_t pid = 0;
	int err = first_child(r, &pid);

	if (err < 0)
		return err;
	err = tracee_attach(pid, &r->tree.waits, &t);
	if (err < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return fail(&r->at, err, "cannot take over process %d", pid);
	}
	set_actor(r, 0, t);
	err = tracee_settle(t);
	if (err == 0)
		err = tracee_set_options(t, OPTIONS);
	if (err == 0)
		err = stub_give_slot(&r->stub, t);
	if (err < 0)
		return fail(&r->at, err, "cannot take over process %d", pid);
	close(r->self);
	return forget_ckpt(r, t);
}

static int ask_clone(struct restore *r, const struct plan_step *s)
{
	const struct plan_node *node = &r->plan.nodes[s->node];
	struct tracee *maker = r->actors[s->actor];
	int32_t want = node->pid;
	rptr tid = remote_push(maker, &want, sizeof(want));
	struct clone_args args = {
		.flags = CLONE_FILES | (s->as_sibling ? CLONE_PARENT : 0),
		.exit_signal = s->as_sibling ? 0 : SIGCHLD, .set_tid = tid.va, .set_tid_size = 1,
	};
	rptr at;

	/* With CLONE_PARENT it has its maker's, which a sibling has as well. */
	if (!s->as_sibling && s->node < r->tree.n)
		args.exit_signal = r->tree.list[s->node]->image->exit_signal;
	at = remote_push(maker, &args, sizeof(args));
	return at.va ? remote_ask(maker, REMOTE_REQUIRED, 0, SYS_clone3, REMOTE_ARGS(at.va, sizeof(args))) : -ENOSPC;
}

static bool has_memory(const struct restore *r, uint32_t node)
{
	return node < r->tree.n && r->tree.list[node]->has_memory;
}

static int adopt(struct restore *r, const struct plan_step *s)
{
	const uint32_t node = s->node;
	pid_t pid = r->plan.nodes[node].pid;
	struct tracee *t;
	int err = tracee_adopt(pid, &r->tree.waits, &t);

	if (err < 0)
		return fail(&r->at, err, "cannot take over process %d", pid);
	set_actor(r, node, t);
	r->full[node] = r->full[s->actor] || has_memory(r, s->actor);
	err = tracee_get_regs(t, &t->regs);
	if (err == 0)
		err = stub_give_slot(&r->stub, t);
	return err < 0 ? fail(&r->at, err, "no slot is left") : 0;
}

/* As many of the next steps as make children of the same process and fit its
 * slot. Returns how many, or -errno. */
static int do_clones(struct restore *r, size_t step)
{
	const struct plan_step *s = &r->plan.steps[step];
	struct tracee *maker = r->actors[s->actor];
	size_t n = 0;
	int err = 0;

	while (step + n < r->plan.n_steps && s[n].op == PLAN_CLONE && s[n].actor == s->actor &&
	       (n == 0 || remote_has_room(maker, 1, 160)) && err >= 0) {
		err = ask_clone(r, &s[n]);
		n++;
	}
	if (err >= 0)
		err = remote_run(&maker, 1);
	for (size_t i = 0; i < maker->n_born && i < n && err == 0; i++)
		if (adopt(r, &s[i]) < 0)
			return -ECHILD;
	if (err == 0)
		err = remote_failed(maker, NULL);
	if (err == -EEXIST && restore_pid_comes_free(r))
		return (int)maker->n_born;
	if (err == -EEXIST)
		return fail(&r->at, 0, "pid %d is taken", r->plan.nodes[s[maker->n_born].node].pid);
	if (err == 0 && maker->n_born != n)
		err = -ECHILD;
	return err < 0 ? fail(&r->at, err, "cannot make process %d", r->plan.nodes[s->node].pid) : (int)n;
}

/* By a signal with no handler: its default is what ended the zombie too. */
static int die_by_signal(struct tracee *t, int sig)
{
	struct tracee *list[] = { t };
	struct { uint64_t soft, hard; } none = { 0, 0 };
	rptr limit = remote_push(t, &none, sizeof(none));
	int r;

	remote_ask(t, 0, 0, SYS_setrlimit, REMOTE_ARGS(4 /* RLIMIT_CORE */, limit.va));
	r = remote_run(list, 1);
	if (r < 0)
		return r;
	r = tracee_set_mask(t, 0);
	return r < 0 ? r : tracee_resume(t, PTRACE_CONT, sig);
}

/* To the end of a helper or zombie; its parent is told once ckpt has waited. */
static int do_exit(struct restore *r, uint32_t node)
{
	struct tracee *t = r->actors[node];
	const struct process *p = node < r->tree.n ? r->tree.list[node] : NULL;
	int status = p ? (int)p->image->zombie->status : 0, err = 0;
	char name[16] = "";

	if (p) {
		const Creds *c = r->ck.creds[p->image->creds];

		remote_ask(t, 0, 0, SYS_setgroups, REMOTE_ARGS(c->n_groups,
			   remote_push(t, c->n_groups ? c->groups : NULL, c->n_groups * sizeof(c->groups[0])).va));
		remote_ask(t, 0, 0, SYS_setresgid, REMOTE_ARGS(c->rgid, c->egid, c->sgid));
		remote_ask(t, 0, 0, SYS_setresuid, REMOTE_ARGS(c->ruid, c->euid, c->suid));
		strncpy(name, p->image->zombie->comm, sizeof(name) - 1);
		remote_ask(t, 0, 0, SYS_prctl, REMOTE_ARGS(15 /* PR_SET_NAME */, remote_push(t, name, sizeof(name)).va));
	}
	if (WIFSIGNALED(status)) {
		err = die_by_signal(t, WTERMSIG(status));
	} else {
		remote_ask(t, 0, 0, SYS_exit_group, REMOTE_ARGS((uint64_t)WEXITSTATUS(status)));
		err = remote_run(&t, 1);
	}
	for (int tries = 0; !t->gone && t->running && tries < 100; tries++) {
		err = tracee_wait(t);
		if (err < 0 && err != -ESRCH)
			break;
		if (!t->gone)
			tracee_resume(t, PTRACE_CONT, t->at == STOP_SIGNAL ? t->signal : 0);
	}
	if (!t->gone)
		return fail(&r->at, err, "process %d does not end", t->tid);
	tracee_free(t);
	r->actors[node] = NULL;
	return 0;
}

/* Returns how many steps it has done, or -errno. */
static int run_step(struct restore *r, size_t step)
{
	const struct plan_step *s = &r->plan.steps[step];
	struct tracee *t = s->actor == PLAN_CKPT ? NULL : r->actors[s->actor];
	int err;

	switch (s->op) {
	case PLAN_CLONE:
		if (t)
			return do_clones(r, step);
		return make_first(r) < 0 ? -ECHILD : 1;
	case PLAN_EXIT:
		return do_exit(r, s->actor) < 0 ? -ECHILD : 1;
	case PLAN_FILL:
		err = restore_memory_of(r, &(struct processes){ &r->tree.list[s->actor], 1 });
		return err < 0 ? err : 1;
	case PLAN_UNSHARE_FILES:
		remote_ask(t, REMOTE_REQUIRED, 0, SYS_unshare, REMOTE_ARGS(CLONE_FILES));
		break;
	case PLAN_SETSID:
		remote_ask(t, REMOTE_REQUIRED, 0, SYS_setsid, REMOTE_ARGS(0));
		break;
	case PLAN_SETPGID:
		remote_ask(t, REMOTE_REQUIRED, 0, SYS_setpgid, REMOTE_ARGS(0, (uint64_t)s->pgid));
		break;
	case PLAN_REAP:
		remote_ask(t, REMOTE_REQUIRED, 0, SYS_wait4,
			   REMOTE_ARGS((uint64_t)r->plan.nodes[s->node].pid, 0, __WALL, 0));
		break;
	}
	return restore_run_all(r, &t, 1, "rebuild sessions and process groups") < 0 ? -EPERM : 1;
}

/* The ends of zombies and helpers have sent signals that nobody got before. */
static int drain(struct restore *r)
{
	struct tracee **list = arena_zalloc(r->mem, (r->plan.n_nodes + 1) * sizeof(*list));
	size_t n = 0;

	if (!list)
		return fail(&r->at, ENOMEM, "tree");
	for (size_t i = 0; i < r->plan.n_nodes; i++) {
		const struct plan_node *node = &r->plan.nodes[i];
		struct tracee *parent = node->parent == PLAN_CKPT ? NULL : r->actors[node->parent];
		int sig = i < r->tree.n ? (int)r->tree.list[i]->image->exit_signal : SIGCHLD;
		uint64_t set = 1ull << ((sig ? sig : SIGCHLD) - 1);
		const struct timespec now = { 0 };

		if ((!node->zombie && !node->helper) || !parent || !remote_has_room(parent, 1, 64))
			continue;
		if (remote_ask(parent, 0, 0, SYS_rt_sigtimedwait,
			       REMOTE_ARGS(remote_push(parent, &set, 8).va, 0, remote_push(parent, &now, 16).va, 8)) == 0)
			list[n++] = parent;
	}
	return n ? restore_run_all(r, list, n, "take back signals") : 0;
}

int restore_tree(struct restore *r)
{
	int err;

	r->actors = arena_zalloc(r->mem, r->plan.n_nodes * sizeof(*r->actors));
	r->full = arena_zalloc(r->mem, r->plan.n_nodes * sizeof(*r->full));
	if (!r->actors || !r->full)
		return fail(&r->at, ENOMEM, "tree");
	err = restore_map_stub(r);
	if (err < 0)
		return err;
	for (size_t i = 0; i < r->plan.n_steps; i += (size_t)err) {
		err = waits_check(&r->tree.waits);
		if (err == 0)
			err = run_step(r, i);
		if (err < 0)
			return err;
	}
	return drain(r);
}

/* Wait until ckpt has neither children nor tracees. Who stops instead of dying
 * was made in a run that failed, and is nobody's actor yet. */
static void reap_all(void)
{
	int64_t end = io_now_ns(CLOCK_MONOTONIC) + KILLED_AFTER_MS * 1000000ll;
	const struct timespec nap = { .tv_nsec = 100000 };

	while (io_now_ns(CLOCK_MONOTONIC) < end) {
		int status;
		pid_t pid = wait4(-1, &status, __WALL | WNOHANG, NULL);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid > 0 && WIFSTOPPED(status))
			kill(pid, SIGKILL);
		if (pid == 0)
			nanosleep(&nap, NULL);
	}
}

/* Nothing of the tree is left: all killed, and waited for by whoever can. */
void restore_kill(struct restore *r)
{
	size_t n = r->actors ? r->plan.n_nodes : 0;

	for (size_t i = n; i-- > 0;)
		if (r->actors[i] && !r->actors[i]->gone)
			kill(r->actors[i]->tid, SIGKILL);
	if (n)
		reap_all();
	for (size_t i = 0; i < n; i++)
		tracee_free(r->actors[i]);
	EACH_PROCESS(p, &r->tree)
		for (size_t i = 1; n && i < p->n_tasks; i++)
			tracee_free(p->tasks[i]->tracee);
}
