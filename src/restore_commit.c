/* SPDX-License-Identifier: Apache-2.0 */
/* restore_commit.c - interrupted calls, last registers, and letting go. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <time.h>

#include "arch.h"
#include "calls.h"
#include "cleanup.h"
#include "cpus.h"
#include "guard.h"
#include "remote.h"
#include "restore_state.h"

#define NS 1000000000ull
#define MS 1000000ull

/* Every vdso of this kernel is the same. */
static uint64_t vdso_syscall(const struct process *p)
{
	return p->saved_mm->x86->vdso_code + leader(p)->tree->vdso.syscall_ret;
}

/* Make the call with what is left of its time, and interrupt it at once: the
 * kernel then holds the restart block that the saved task had. The interrupt
 * is sent while the task stands at the call's entry, so that it takes effect
 * as soon as the call would sleep, and never before. */
static int arm(struct task *t, const struct call_timing *timing, uint64_t arg[6])
{
	const InterruptedCall *call = t->image->call;
	struct timespec left = { (time_t)(call->remaining_ns / NS), (long)(call->remaining_ns % NS) };
	struct tracee *x = t->tracee;
	struct user_regs_struct regs = x->regs;
	int r;

	if (timing->how == TIMEOUT_MS)
		arg[timing->arg] = (call->remaining_ns + MS - 1) / MS;
	else
		arg[timing->arg] = remote_push(x, &left, sizeof(left)).va;
	arch_set_call(&regs, vdso_syscall(t->process), call->nr, arg);
	r = tracee_set_regs(x, &regs);
	if (r == 0)
		r = tracee_set_mask(x, ~0ull);
	if (r == 0)
		r = tracee_resume(x, PTRACE_SYSCALL, 0);
	if (r == 0)
		r = tracee_wait(x);
	if (r == 0 && x->at != STOP_SYSCALL)
		r = -EIO;
	if (r == 0)
		r = tracee_interrupt(x);
	if (r == 0)
		r = tracee_resume(x, PTRACE_CONT, 0);
	if (r == 0)
		r = tracee_wait(x);
	return r;
}

/* Final registers, as far as the interrupted call decides them. */
static int go_on(struct task *t, struct user_regs_struct *final)
{
	const InterruptedCall *call = t->image->call;
	struct call_timing timing;
	struct user_regs_struct now;
	uint64_t arg[6];
	int r;

	if (!call)
		return 0;
	arch_call_args(final, arg);
	timing = calls_timing(t->tracee, call->nr, arg);
	if (timing.err < 0)
		return timing.err;
	if (!arch_has_restart_block(final)) {
		t->tracee->regs = *final;
		r = calls_shorten(t->tracee, call);
		*final = t->tracee->regs;
		return r;
	}
	if (!call->timed || timing.how == TIMEOUT_NONE) {
		arch_interrupt_in(final, call->nr);
		return 0;
	}
	r = arm(t, &timing, arg);
	if (r == 0)
		r = tracee_get_regs(t->tracee, &now);
	if (r < 0)
		return r;
	/* It may be over already: the program gets what the call returned. */
	if (arch_has_restart_block(&now)) {
		final->orig_rax = call->nr;
	} else {
		final->rax = now.rax;
		final->orig_rax = (uint64_t)-1;
	}
	return 0;
}

static int last_registers(struct restore *r, struct task *t)
{
	struct user_regs_struct final;
	const ProtobufCBinaryData *xstate = &t->image->xstate;
	int err = arch_prepare(t->tracee, t->image->regs, xstate->data, xstate->len);

	if (err == 0)
		err = arch_set_xstate(t->tracee, xstate->data, xstate->len);
	if (err == 0)
		err = arch_set_tls(t->tracee, t->image->tls, t->image->n_tls);
	if (err < 0)
		return fail(&r->at, err, "cannot set the vector registers");
	arch_regs_from_message(t->image->regs, &final);
	err = go_on(t, &final);
	if (err < 0)
		return fail(&r->at, err, "cannot arm system call %u again", t->image->call->nr);
	t->tracee->regs = final;
	t->tracee->mask = t->image->sigmask;
	return 0;
}

static int set_final(struct tracee *t)
{
	int err = tracee_set_regs(t, &t->regs);

	return err < 0 ? err : tracee_set_mask(t, t->mask);
}

/* The ground goes last: by one thread of each, from an instruction of the vdso. */
static int unmap_stubs(struct restore *r)
{
	struct tracee **leaders = arena_zalloc(r->mem, r->tree.n * sizeof(*leaders));
	uint64_t *at = arena_zalloc(r->mem, r->tree.n * sizeof(*at));
	size_t n = 0;

	if (!leaders || !at)
		return -ENOMEM;
	EACH_PROCESS(p, &r->tree)
		if (!p->zombie) {
			at[n] = vdso_syscall(p);
			leaders[n++] = leader(p)->tracee;
		}
	return remote_singles(leaders, n, at, SYS_munmap, REMOTE_ARGS(r->stub.start, r->stub.end - r->stub.start));
}

int restore_calls(struct restore *r)
{
	int err = 0;

	EACH_PROCESS(p, &r->tree)
		EACH_TASK(t, p) {
			r->at.pid = t->tid;
			if (err == 0)
				err = last_registers(r, t);
			if (err == 0 && t != leader(p) && set_final(t->tracee) < 0)
				err = fail(&r->at, ESRCH, "cannot set the last registers");
		}
	r->at.pid = 0;
	if (err < 0)
		return err;
	err = unmap_stubs(r);
	EACH_PROCESS(p, &r->tree)
		if (err == 0 && !p->zombie)
			err = set_final(leader(p)->tracee);
	return err < 0 ? fail(&r->at, err, "cannot set the last registers") : 0;
}

/* Of the guard: tasks of the first n processes may outlive ckpt. Children first:
 * who sees others die shall not have the time to do anything about it. The
 * others are dead by now: their pids are not looked at. */
static void kill_let_go(const void *restore, size_t n)
{
	const struct restore *r = restore;

	while (n-- > 0)
		kill(r->tree.list[n]->pid, SIGKILL);
	pidfile_remove(r);
}

/* Tasks die with ckpt until they are let go, task by task; with the guard the
 * commit is a single store all the same. */
static int commit(struct restore *r, struct guard *guard)
{
	size_t n = 0;
	int err = pidfile_link(r);

	if (err < 0)
		return err;
	EACH_PROCESS(p, &r->tree) {
		guard_set(guard, ++n);
		EACH_TASK(t, p)
			tracee_set_options(t->tracee, PTRACE_O_TRACESYSGOOD);
	}
	guard_commit(guard);
	r->committed = true;
	EACH_PROCESS(p, &r->tree)
		EACH_TASK(t, p) {
			tracee_detach(t->tracee);
			t->tracee = NULL;
		}
	r->result->processes = r->tree.n;
	r->result->tasks = r->ck.n_tasks;
	return 0;
}

int restore_commit(struct restore *r)
{
	struct guard guard;
	int err = guard_start(&(struct guard_job){ kill_let_go, r }, &guard);

	if (err < 0)
		return fail(&r->at, err, "cannot make a process that watches over the commit");
	cpus_step_aside();
	err = commit(r, &guard);
	guard_end(&guard);
	return err;
}
