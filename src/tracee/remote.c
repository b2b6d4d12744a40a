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
#include "remote.h"
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
	unsigned char dead[ARCH_FRAME_MAX];	/* what lay where the frame is */
	struct remote_slot *slots;
};

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static int lay_frame(struct remote *r, bool anew)
{
	unsigned char frame[ARCH_FRAME_MAX];
	struct user_regs_struct regs = r->first->regs;
	int err;

	if (anew)
		arch_restart_anew(&regs);
	r->frame_va = (r->site.dead_low + 63) & ~63ull;
	if (r->frame_va + arch_frame_size(r->area) > r->site.dead_high)
		return -ENOSPC;
	err = arch_frame(&regs, r->first->mask, r->xstate, r->area, r->site.restorer,
			 r->frame_va, frame, &r->frame_len);
	if (err == 0)
		err = tracee_read(r->first, RPTR(r->frame_va), r->dead, r->frame_len);
	if (err == 0)
		err = tracee_write(r->first, RPTR(r->frame_va), frame, r->frame_len);
	return err;
}

static int lift_frame(struct remote *r)
{
	return tracee_write(r->first, RPTR(r->frame_va), r->dead, r->frame_len);
}

/* To the next stop of a PTRACE_SYSCALL pair, past what comes in between. */
static int to_syscall_stop(struct tracee *t)
{
	for (;;) {
		int r = tracee_resume(t, PTRACE_SYSCALL, 0);

		if (r == 0)
			r = tracee_wait(t);
		if (r < 0 || t->at == STOP_SYSCALL)
			return r;
		if (t->at == STOP_SIGNAL && t->signal == SIGSTOP)
			t->stop_again = true;
		else if (t->at == STOP_SIGNAL)
			return -EFAULT;
	}
}

static int call(struct tracee *t, const struct user_regs_struct *from, uint64_t mask, long *ret)
{
	struct user_regs_struct regs;
	int r = tracee_set_regs(t, from);

	if (r == 0)
		r = tracee_set_mask(t, mask);
	if (r == 0)
		r = to_syscall_stop(t);
	if (r == 0)
		r = to_syscall_stop(t);
	if (r == 0)
		r = tracee_get_regs(t, &regs);
	if (r == 0)
		*ret = arch_result(&regs);
	return r;
}

static int framed_call(struct remote *r, long nr, const uint64_t arg[6], long *ret)
{
	struct user_regs_struct regs = r->first->regs;

	arch_set_call(&regs, r->site.syscall_ret, nr, arg);
	regs.rsp = r->frame_va;
	return call(r->first, &regs, ~0ull, ret);
}

int remote_single(struct tracee *t, uint64_t syscall_va, long nr, const uint64_t arg[6], long *ret)
{
	struct user_regs_struct regs = t->regs;

	arch_set_call(&regs, syscall_va, nr, arg);
	return call(t, &regs, ~0ull, ret);
}

/* From the single calls back to the task as it was. The stop is that of a
 * system call's end, where the kernel restarts nothing: do it by hand, until a
 * batch or the release brings the task to a better one. */
static int settle_after_calls(struct remote *r)
{
	struct user_regs_struct regs = r->first->regs;
	int err = tracee_set_mask(r->first, r->first->mask);

	arch_restart_by_hand(&regs);
	if (err == 0)
		err = tracee_set_regs(r->first, &regs);
	if (err == 0)
		err = lift_frame(r);
	return err;
}

static int map_scratch(struct remote *r)
{
	uint64_t data;
	long ret;
	int err = framed_call(r, SYS_mmap, REMOTE_ARGS(0, r->len, PROT_READ | PROT_EXEC,
						       MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0), &ret);

	if (err < 0)
		return err;
	if (ret < 0 && ret > -4096)
		return (int)ret;
	r->base = (uint64_t)ret;
	data = r->base + r->code_len;
	err = framed_call(r, SYS_mprotect, REMOTE_ARGS(data, r->len - r->code_len, PROT_READ | PROT_WRITE), &ret);
	return err < 0 ? err : (int)ret;
}

static int write_code(struct remote *r)
{
	size_t len = (size_t)(runner_code_end - runner_code), at = round_up(len, TRAMPOLINE_SIZE);
	autofree unsigned char *code = calloc(1, r->code_len);

	if (!code)
		return -ENOMEM;
	memcpy(code, runner_code, len);
	for (size_t i = 0; i < r->tasks; i++, at += TRAMPOLINE_SIZE) {
		r->slots[i].trampoline = r->base + at;
		runner_trampoline(code + at, r->base + at, r->slots[i].va);
	}
	return tracee_write_force(r->first, RPTR(r->base), code, at);
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

int remote_open(struct tracee *first, size_t tasks, const struct remote_site *site,
		const void *xstate, size_t area, struct remote **ret)
{
	struct remote *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->first = first;
	r->site = *site;
	r->tasks = tasks;
	r->xstate = xstate;
	r->area = area;
	r->slots = calloc(tasks, sizeof(*r->slots));
	r->code_len = round_up((size_t)(runner_code_end - runner_code) + 16 + tasks * TRAMPOLINE_SIZE, ARCH_PAGE);
	r->len = r->code_len + REMOTE_SLOT_FIRST + (tasks - 1) * REMOTE_SLOT_OTHER;
	err = r->slots ? lay_frame(r, true) : -ENOMEM;
	if (err == 0) {
		int settled;

		err = map_scratch(r);
		settled = settle_after_calls(r);
		if (err == 0)
			err = settled;
	}
	if (err == 0) {
		lay_out_slots(r);
		err = write_code(r);
	}
	if (err == 0) {
		*ret = r;
		return 0;
	}
	if (r->base)
		remote_close(r);
	else
		remote_abandon(r);
	return err;
}

int remote_add(struct remote *r, struct tracee *t)
{
	struct remote_slot *s = &r->slots[r->used];

	if (r->used == r->tasks)
		return -ENOSPC;
	s->local = calloc(1, s->size);
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
	free(r->slots);
	free(r);
}

/* A task caught in the middle of a batch is brought to a stop and put back
 * before the ground is taken from under it. */
void remote_close(struct remote *r)
{
	bool was;
	long ret;

	if (!r)
		return;
	was = r->first->waits->patient;
	r->first->waits->patient = true;
	if (!r->first->gone && lay_frame(r, true) == 0) {
		framed_call(r, SYS_munmap, REMOTE_ARGS(r->base, r->len), &ret);
		settle_after_calls(r);
		if (tracee_to_signal_stop(r->first) == 0) {
			tracee_set_mask(r->first, r->first->mask);
			tracee_set_regs(r->first, &r->first->regs);
		}
	}
	r->first->waits->patient = was;
	remote_abandon(r);
}

int remote_stub(struct tracee *t, uint64_t code, uint64_t slot, void *local, size_t size)
{
	struct remote_slot *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*s = (struct remote_slot){ .code = code, .va = slot, .local = local, .size = size, .data = size,
				   .stub = true };
	t->slot = s;
	t->owns_slot = true;
	return 0;
}
