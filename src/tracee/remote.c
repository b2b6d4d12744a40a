/* SPDX-License-Identifier: Apache-2.0 */
/* remote.c - the scratch of an address space: how it comes and how it goes.
 *
 * Both are single calls over a signal frame laid down beforehand: the `ret`
 * behind the vdso's `syscall` leads to rt_sigreturn(2), so that a task whose
 * tracer dies puts itself back. Order of the ptrace calls: registers, then
 * mask, then go; at the end mask, then registers, then the dead bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "arch.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "remote.h"
#include "single.h"
#include "slot.h"

struct remote {
	struct tracee *first;
	struct remote_site site;
	uint64_t base;
	size_t code_len, len;
	size_t tasks, used;		/* slots there are, slots given away */
	const void *xstate;
	size_t area;
	uint64_t frame_va;
	size_t frame_len;
	unsigned char *dead;		/* what lay where the frame is */
	bool has_dead;
	struct remote_slot *slots;
	struct single *call;		/* while it is being closed */
	int err;			/* the first thing that went wrong */
};

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static int lay_frame(struct remote *r)
{
	unsigned char frame[ARCH_FRAME_MAX];
	struct user_regs_struct regs = r->first->regs;
	int err;

	/* rt_sigreturn(2) loses the restart block: the call is made anew. */
	arch_restart_anew(&regs, r->first->restarted);
	r->frame_va = round_up(r->site.dead_low, 64);
	if (r->frame_va + arch_frame_size(r->area) > r->site.dead_high)
		return -ENOSPC;
	err = arch_frame(&regs, r->first->mask, r->xstate, r->area, r->site.restorer,
			 r->frame_va, frame, &r->frame_len);
	/* The second frame goes where the first one was, and nobody has been there since. */
	if (err == 0 && !r->has_dead && !r->site.dead_is_zero)
		err = tracee_read(r->first, RPTR(r->frame_va), r->dead, r->frame_len);
	r->has_dead = err == 0;
	if (err == 0)
		err = tracee_write(r->first, RPTR(r->frame_va), frame, r->frame_len);
	return err;
}

/* By the other way, should one fail: nobody else cleans up. */
static int lift_frame(struct remote *r)
{
	if (tracee_write(r->first, RPTR(r->frame_va), r->dead, r->frame_len) == 0)
		return 0;
	return tracee_write_force(r->first, RPTR(r->frame_va), r->dead, r->frame_len);
}

/* A call over the frame: what the task would do if we died in it. */
static void framed(struct remote *r, struct single *s, long nr, const uint64_t arg[6])
{
	s->t = r->first;
	s->regs = r->first->regs;
	arch_set_call(&s->regs, r->site.syscall_ret, nr, arg);
	s->regs.rsp = r->frame_va;
	s->ret = 0;
	s->masked = false;
	s->err = r->err;
}

/* From the single calls back to the task as it was. The stop is that of a
 * system call's end, where the kernel restarts nothing: do it by hand, until a
 * batch or the release brings the task to a better one. */
static int settle_after_calls(struct remote *r)
{
	struct user_regs_struct regs = r->first->regs;
	int masked = tracee_set_mask(r->first, r->first->mask), set, lifted;

	arch_restart_by_hand(&regs);
	/* Should that be a call's beginning after all: not the task's last call once more. */
	regs.orig_rax = (uint64_t)-1;
	set = tracee_set_regs(r->first, &regs);
	lifted = lift_frame(r);
	return masked ? masked : set ? set : lifted;
}

/* What a call returned, as the remote's error; or the value. */
static long outcome(struct remote *r, const struct single *s)
{
	if (!r->err)
		r->err = s->err ? s->err : s->ret < 0 && s->ret > -4096 ? (int)s->ret : 0;
	return s->ret;
}

/* The runner makes the slot writable itself, before it makes the first calls;
 * with a signal at its end, so that ckpt sees the end even if it cannot. */
static bool opens_itself(const struct remote *r)
{
	return r->tasks == 1 && r->first->end_signal;
}

static void map_scratch(struct remote *const *rs, struct single *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		framed(rs[i], &calls[i], SYS_mmap, REMOTE_ARGS(0, rs[i]->len, PROT_READ | PROT_EXEC,
							       MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0));
	single_run(calls, n);
	for (size_t i = 0; i < n; i++) {
		long at = outcome(rs[i], &calls[i]);

		rs[i]->base = rs[i]->err ? 0 : (uint64_t)at;
		framed(rs[i], &calls[i], SYS_mprotect, REMOTE_ARGS(rs[i]->base + rs[i]->code_len,
			rs[i]->len - rs[i]->code_len, PROT_READ | PROT_WRITE));
		calls[i].masked = true;
		if (opens_itself(rs[i]))
			calls[i].err = calls[i].err ?: -ECANCELED;
	}
	single_run(calls, n);
	for (size_t i = 0; i < n; i++)
		if (!opens_itself(rs[i]))
			outcome(rs[i], &calls[i]);
}

static int write_code(struct remote *r)
{
	size_t len = (size_t)(runner_code_end - runner_code), at = round_up(len, TRAMPOLINE_SIZE);
	autofree unsigned char *code = FAULTY_ALLOC(calloc(1, r->code_len));
	struct remote_slot *first = &r->slots[0];

	if (!code)
		return -ENOMEM;
	memcpy(code, runner_code, len);
	for (size_t i = 0; i < r->tasks; i++, at += TRAMPOLINE_SIZE) {
		r->slots[i].trampoline = r->base + at;
		runner_trampoline(code + at, r->base + at, r->slots[i].va);
	}
	if (!opens_itself(r))
		return tracee_write_force(r->first, RPTR(r->base), code, at);
	first->closed = true;
	first->unwritten_len = at;
	first->unwritten = code;
	code = NULL;
	return 0;
}

static void lay_out_slots(struct remote *r)
{
	uint64_t va = r->base + r->code_len;

	for (size_t i = 0; i < r->tasks; i++) {
		struct remote_slot *s = &r->slots[i];

		s->owner = r;
		s->code = r->base;
		s->va = va;
		s->size = s->data = i ? REMOTE_SLOT_OTHER : REMOTE_SLOT_FIRST;
		va += s->size;
	}
}

int remote_create(struct tracee *first, size_t tasks, const struct remote_site *site,
		  const void *xstate, size_t area, struct remote **ret)
{
	struct remote *r = FAULTY_ALLOC(calloc(1, sizeof(*r)));

	if (!r)
		return -ENOMEM;
	r->first = first;
	r->site = *site;
	r->tasks = tasks;
	r->xstate = xstate;
	r->area = area;
	r->slots = FAULTY_ALLOC(calloc(tasks, sizeof(*r->slots)));
	r->code_len = round_up((size_t)(runner_code_end - runner_code) + 16 + tasks * TRAMPOLINE_SIZE, ARCH_PAGE);
	r->len = r->code_len + REMOTE_SLOT_FIRST + (tasks - 1) * REMOTE_SLOT_OTHER;
	r->dead = FAULTY_ALLOC(calloc(1, arch_frame_size(area)));
	if (!r->slots || !r->dead) {
		remote_abandon(r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

int remote_open(struct remote *const *rs, size_t n)
{
	struct single *calls = FAULTY_ALLOC(calloc(n, sizeof(*calls)));
	int first = 0;

	if (!calls)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		rs[i]->err = fault(FAULT_REMOTE) ? -errno : lay_frame(rs[i]);
	map_scratch(rs, calls, n);
	for (size_t i = 0; i < n; i++) {
		struct remote *r = rs[i];
		int settled = r->first->touched && r->frame_len ? settle_after_calls(r) : 0;

		if (!r->err)
			r->err = settled;
		if (!r->err) {
			lay_out_slots(r);
			r->err = write_code(r);
		}
		if (!first)
			first = r->err;
	}
	free(calls);
	return first;
}

int remote_error(const struct remote *r)
{
	return r->err;
}

int remote_add(struct remote *r, struct tracee *t)
{
	struct remote_slot *s = &r->slots[r->used];

	if (r->used == r->tasks)
		return -ENOSPC;
	s->local = FAULTY_ALLOC(aligned_alloc(IO_ALIGNMENT, s->size));
	if (!s->local)
		return -ENOMEM;
	r->used++;
	t->slot = s;
	return 0;
}

void remote_range(const struct remote *r, uint64_t *ret_start, uint64_t *ret_end)
{
	*ret_start = r->base;
	*ret_end = r->base + r->len;
}

void remote_abandon(struct remote *r)
{
	if (!r)
		return;
	for (size_t i = 0; r->slots && i < r->used; i++)
		free(r->slots[i].local);
	if (r->slots)
		free(r->slots[0].unwritten);
	free(r->slots);
	free(r->dead);
	free(r);
}

static void unmap_scratch(struct remote *const *rs, size_t n, struct single *calls)
{
	size_t open = 0;

	for (size_t i = 0; i < n; i++) {
		struct remote *r = rs[i];

		r->call = NULL;
		if (!r->base || r->first->gone)
			continue;
		r->err = lay_frame(r);
		framed(r, &calls[open], SYS_munmap, REMOTE_ARGS(r->base, r->len));
		if (!r->err)
			r->call = &calls[open++];
	}
	single_run_out(calls, open);
	single_to_signal_stops(calls, open);	/* where that has failed half-way */
	for (size_t i = 0; i < n; i++) {
		struct remote *r = rs[i];

		if (!r->call)
			continue;
		tracee_put_back(r->first);
		lift_frame(r);
		if (outcome(r, r->call) == 0 && !r->err)
			r->base = 0;
	}
}

/* Without memory for all at once, one after the other; and once more for those
 * where it failed: what is left behind now stays. */
void remote_close(struct remote *const *rs, size_t n)
{
	struct single one, *calls = n > 1 ? FAULTY_ALLOC(calloc(n, sizeof(*calls))) : NULL;

	if (calls)
		unmap_scratch(rs, n, calls);
	for (size_t i = 0; i < n; i++) {
		for (int tries = 0; rs[i]->base && !rs[i]->first->gone && tries < 2; tries++)
			unmap_scratch(&rs[i], 1, &one);
		remote_abandon(rs[i]);
	}
	free(calls);
}

int remote_singles(struct tracee *const *ts, size_t n, const uint64_t *syscall_va, long nr, const uint64_t arg[6])
{
	struct single *calls = FAULTY_ALLOC(calloc(n, sizeof(*calls)));
	int err = 0;

	if (!calls)
		return -ENOMEM;
	if (fault(FAULT_REMOTE)) {
		free(calls);
		return -EIO;
	}
	for (size_t i = 0; i < n; i++) {
		calls[i].t = ts[i];
		calls[i].regs = ts[i]->regs;
		arch_set_call(&calls[i].regs, syscall_va[i], nr, arg);
	}
	err = single_run(calls, n);
	for (size_t i = 0; i < n && !err; i++)
		err = (int)MIN(calls[i].ret, 0l);
	single_to_signal_stops(calls, n);
	free(calls);
	return err;
}

int remote_stub(struct tracee *t, uint64_t code, uint64_t slot, void *local, size_t size)
{
	struct remote_slot *s = FAULTY_ALLOC(calloc(1, sizeof(*s)));

	if (!s)
		return -ENOMEM;
	*s = (struct remote_slot){ .code = code, .va = slot, .local = local, .size = size, .data = size,
				   .stub = true };
	t->slot = s;
	t->owns_slot = true;
	return 0;
}
