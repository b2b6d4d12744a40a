/* SPDX-License-Identifier: Apache-2.0 */
/* site.c - where in an address space remote calls can be made from. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "model.h"
#include "obstacles.h"

#define SEARCH_STEP 65536u
#define RED_ZONE 128
#define LOW_END_TRIES 4

/* In at most this much of an executable mapping; the C library's lies early. */
#define SEARCH_MAX (4u << 20)

/* *ret stays 0: it is not there, or not to be read. -errno: ckpt's own failure. */
static int search_vma(const struct process *p, const struct proc_vma *v, unsigned char *buf, uint64_t *ret)
{
	uint64_t end = MIN(v->end, v->start + SEARCH_MAX);

	/* Steps overlap: the bytes may lie across a border. */
	for (uint64_t at = v->start; at < end; at += SEARCH_STEP - 16) {
		size_t len = MIN((uint64_t)SEARCH_STEP, end - at);
		int r = memory_read(p->pid, RPTR(at), buf, len);
		ssize_t found = r < 0 ? -1 : arch_find_restorer(buf, len);

		if (r < 0)
			return is_own_error(r) ? r : 0;
		if (found >= 0) {
			*ret = at + (uint64_t)found;
			return 0;
		}
	}
	return 0;
}

/* The dynamic loader and a static program have it, and are searched in no
 * time; the C library has it too. */
static unsigned likely(const struct proc_vma *v)
{
	if (!(v->prot & PROT_EXEC) || v->type != VMA_FILE)
		return 0;
	if (strstr(v->path, "/ld-"))
		return 3;
	if (strstr(v->path, "libc"))
		return 2;
	return 1;
}

bool site_holds(const struct arch_vdso *vdso, const struct process *p)
{
	unsigned char call[8], restorer[16];
	const struct iovec here[] = { { call, sizeof(call) }, { restorer, sizeof(restorer) } };
	const struct iovec there[] = { { (void *)p->site.syscall_ret, sizeof(call) },
				       { (void *)p->site.restorer, sizeof(restorer) } };

	return p->site.restorer &&
	       FAULTY(FAULT_READ, process_vm_readv(p->pid, here, 2, there, 2, 0)) == sizeof(call) + sizeof(restorer) &&
	       memcmp(call, vdso->code + vdso->syscall_ret, sizeof(call)) == 0 &&
	       arch_find_restorer(restorer, sizeof(restorer)) == 0;
}

int site_find(struct arena *a, const struct arch_vdso *vdso, struct process *p)
{
	unsigned char *buf;
	unsigned char here[16];
	uint64_t vdso_at = 0;
	int r = 0;

	/* What was forked and runs the same program has it at the same place. */
	if (p->parent && p->parent->site.restorer) {
		p->site = p->parent->site;
		if (site_holds(vdso, p))
			return 0;
	}
	buf = arena_zalloc(a, SEARCH_STEP);
	if (!buf)
		return -ENOMEM;
	p->site.restorer = 0;
	for (size_t i = 0; i < p->n_vmas; i++)
		if (p->vmas[i].type == VMA_VDSO)
			vdso_at = p->vmas[i].start;
	if (!vdso_at)
		return -ENOENT;
	p->site.syscall_ret = vdso_at + vdso->syscall_ret;
	r = memory_read(p->pid, RPTR(p->site.syscall_ret), here, sizeof(here));
	if (r < 0 || memcmp(here, vdso->code + vdso->syscall_ret, 8) != 0)
		return r < 0 ? r : -ENOENT;
	for (unsigned want = 3; want > 0 && !p->site.restorer; want--)
		for (size_t i = 0; r == 0 && i < p->n_vmas && !p->site.restorer; i++)
			if (likely(&p->vmas[i]) == want)
				r = search_vma(p, &p->vmas[i], buf, &p->site.restorer);
	return p->site.restorer ? 0 : r < 0 ? r : -ENOENT;
}

static const struct proc_vma *vma_at(const struct process *p, uint64_t va)
{
	for (size_t i = 0; i < p->n_vmas; i++)
		if (va >= p->vmas[i].start && va < p->vmas[i].end)
			return &p->vmas[i];
	return NULL;
}

/* The leader can read and write it. */
static bool is_usable(const struct process *p, const struct proc_vma *v)
{
	return v->prot & PROT_WRITE && arch_key_permits(leader(p)->pkru, v->key);
}

static const struct proc_vma *stack_of(const struct process *p)
{
	for (size_t i = 0; i < p->n_vmas; i++)
		if (p->vmas[i].type == VMA_STACK && is_usable(p, &p->vmas[i]))
			return &p->vmas[i];
	return NULL;
}

/* Nothing but zeros, or what a ckpt that was killed has left there. */
static bool is_dead(const struct process *p, uint64_t va, size_t len, bool *ret_is_zero)
{
	unsigned char bytes[ARCH_FRAME_MAX];

	if (memory_read(p->pid, RPTR(va), bytes, len) < 0)
		return false;
	*ret_is_zero = bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
	return *ret_is_zero || arch_is_frame(bytes, va);
}

/* At the low end of [stack], or a little above, where another frame of ours
 * is still in use: a stopped task goes by it when it is continued. */
static uint64_t find_dead(const struct process *p, const struct proc_vma *stack, uint64_t rsp, size_t need,
			  bool *ret_is_zero)
{
	for (uint64_t va = stack->start; va < stack->start + LOW_END_TRIES * need && va + 2 * need <= stack->end; va += need)
		if ((rsp < va || rsp >= va + need + RED_ZONE) && is_dead(p, va, need, ret_is_zero))
			return va;
	return 0;
}

/* The low end of [stack], if nothing of the program has been there. Else what
 * lies below the red zone of the stack pointer, if that is in [stack]: on any
 * other stack, and on an alternate one that main() keeps among its variables,
 * live memory may begin soon below it. Else the low end all the same. */
int site_dead_memory(struct process *p, size_t frame)
{
	size_t need = (frame + 63) / 64 * 64;
	uint64_t rsp = leader(p)->tracee->regs.rsp, below = (rsp - RED_ZONE - need) & ~63ull;
	const struct proc_vma *stack = stack_of(p), *here = vma_at(p, below);
	bool is_zero = false;
	uint64_t va = stack ? find_dead(p, stack, rsp, need, &is_zero) : 0;

	if (!here || rsp > here->end || !is_usable(p, here) || here->shared)
		here = NULL;
	p->site.dead_is_zero = va && is_zero;
	if (!va && stack && here != stack && stack->end - stack->start >= 2 * need && vma_at(p, rsp) != stack)
		va = stack->start;
	if (!va && !here)
		return -ENXIO;
	p->site.dead_low = va ? va : below;
	p->site.dead_high = p->site.dead_low + need;
	return 0;
}
