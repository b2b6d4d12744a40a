/* SPDX-License-Identifier: Apache-2.0 */
/* restore_mm.c - the layout of each address space: mapped, filled, finished.
 *
 * Every VMA is mapped at its final address at once. What decides whether the
 * kernel sees the same VMAs as before: memory that was ever writable is mapped
 * writable first (VM_ACCOUNT), other memory never; neighbours that look alike
 * are told apart while their first pages are made (anon_vma), see `keep_apart`.
 * A process that begins with its maker's memory (inherit.h) keeps what it needs
 * of it, which has been finished there.
 */
#include <asm/ldt.h>
#include <errno.h>
#include <linux/prctl.h>
#include <string.h>
#include <sys/mman.h>

#include "arch.h"
#include "cleanup.h"
#include "fill.h"
#include "inherit.h"
#include "mm.h"
#include "remote.h"
#include "restore_state.h"

#define ARCH_MAP_VDSO_64 0x2003
#define FIELDS_CALLS 100u
#define FIELDS_BYTES 512u
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static bool is_special(const Vma *v)
{
	return v->type == VMA_TYPE__VMA_TYPE_VDSO || v->type == VMA_TYPE__VMA_TYPE_VVAR ||
	       v->type == VMA_TYPE__VMA_TYPE_VVAR_VCLOCK;
}

bool vma_was_writable(const Vma *v)
{
	return !v->shared && ((v->prot & PROT_WRITE) || vma_has_flag(v, "ac"));
}

/* Memory to be executed only would get a key of the kernel's choice at once. */
static uint32_t first_prot(const struct loaded_mm *mm, const Vma *v)
{
	uint32_t more = vma_was_writable(v) ? PROT_WRITE | PROT_READ : mm_key_is_explicit(mm, v) ? PROT_READ : 0;

	return v->prot | more;
}

static int ask_mmap(struct restore *r, struct tracee *t, const struct loaded_mm *mm, const Vma *v)
{
	uint64_t flags = (v->shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED_NOREPLACE;
	uint64_t fd = (uint64_t)-1;

	if (v->type == VMA_TYPE__VMA_TYPE_FILE)
		fd = (uint64_t)(v->file_writable ? r->mapped_rw[v->file] : r->mapped[v->file]);
	else
		flags |= MAP_ANONYMOUS;
	if (vma_has_flag(v, "nr"))
		flags |= MAP_NORESERVE;
	if (vma_has_flag(v, "gd"))
		flags |= MAP_GROWSDOWN;
	return remote_ask(t, REMOTE_REQUIRED, 0, SYS_mmap,
			  REMOTE_ARGS(v->start, v->end - v->start, first_prot(mm, v), flags, fd, v->pgoff));
}

static int ask_advice(struct tracee *t, const Vma *v, int advice)
{
	return remote_ask(t, REMOTE_REQUIRED, 0, SYS_madvise, REMOTE_ARGS(v->start, v->end - v->start, (uint64_t)advice));
}

/* Of neighbours that look alike, every second one carries another flag while
 * their first pages are made: so each gets an anon_vma of its own, which keeps
 * the kernel from merging them when the flag is taken off again
 * (anon_vma_compatible() of mm/vma.c, Linux 6.18). */
static bool apart_for_now(const struct loaded_mm *mm, size_t i)
{
	return mm->vmas[i].odd;
}

/* Mapped, and advised as far as the first touch of a page depends on it. */
static int ask_map(struct restore *r, struct tracee *t, const struct loaded_mm *mm, size_t i)
{
	const Vma *v = mm->vmas[i].msg;
	int err = ask_mmap(r, t, mm, v);

	if (err >= 0 && vma_has_flag(v, "hg"))
		err = ask_advice(t, v, MADV_HUGEPAGE);
	if (err >= 0 && vma_has_flag(v, "nh"))
		err = ask_advice(t, v, MADV_NOHUGEPAGE);
	if (err >= 0 && apart_for_now(mm, i))
		err = ask_advice(t, v, MADV_DONTFORK);
	return err;
}

static const struct { const char *flag; int advice; } late_advice[] = {
	{ "dd", MADV_DONTDUMP }, { "wf", MADV_WIPEONFORK }, { "sr", MADV_SEQUENTIAL },
	{ "rr", MADV_RANDOM }, { "mg", MADV_MERGEABLE },
};

/* After the contents are there. */
static int ask_finish(struct restore *r, struct tracee *t, const struct loaded_mm *mm, size_t i)
{
	const Vma *v = mm->vmas[i].msg;
	int err = 0;

	(void)r;
	if (mm_key_is_explicit(mm, v))
		err = remote_ask(t, REMOTE_REQUIRED, 0, SYS_pkey_mprotect,
				 REMOTE_ARGS(v->start, v->end - v->start, v->prot, v->key));
	else if (first_prot(mm, v) != v->prot)
		err = remote_ask(t, REMOTE_REQUIRED, 0, SYS_mprotect, REMOTE_ARGS(v->start, v->end - v->start, v->prot));
	for (size_t j = 0; err >= 0 && j < ARRAY_SIZE(late_advice); j++)
		if (vma_has_flag(v, late_advice[j].flag))
			err = ask_advice(t, v, late_advice[j].advice);
	if (err >= 0 && (vma_has_flag(v, "dc") || apart_for_now(mm, i)))
		err = ask_advice(t, v, vma_has_flag(v, "dc") ? MADV_DONTFORK : MADV_DOFORK);
	if (err >= 0 && vma_has_flag(v, "lo"))
		err = remote_ask(t, REMOTE_REQUIRED, 0, SYS_mlock2,
				 REMOTE_ARGS(v->start, v->end - v->start, vma_has_flag(v, "lf") ? MLOCK_ONFAULT : 0));
	if (err >= 0 && v->name && v->name[0]) {
		rptr name = remote_push(t, v->name, strlen(v->name) + 1);

		err = name.va ? remote_ask(t, REMOTE_REQUIRED, 0, SYS_prctl, REMOTE_ARGS(PR_SET_VMA, PR_SET_VMA_ANON_NAME,
					   v->start, v->end - v->start, name.va)) : -ENOSPC;
	}
	return err;
}

typedef int ask_fn(struct restore *r, struct tracee *t, const struct loaded_mm *mm, size_t i);

/* The same for every VMA of every process: as many as the slots hold at a
 * time, in all processes side by side. `keep_last`: what is asked last is run
 * with what is asked after it. */
static int each_vma(struct restore *r, const struct processes *ps, ask_fn *ask, const char *what, bool keep_last)
{
	size_t *next = arena_zalloc(r->mem, ps->n * sizeof(*next));
	bool more = true;

	if (!next)
		return fail(&r->at, ENOMEM, "memory");
	while (more) {
		int err;

		more = false;
		for (size_t i = 0; i < ps->n; i++) {
			const struct process *p = ps->list[i];
			const struct loaded_mm *mm = p->saved_mm;

			for (; next[i] < mm->n_vmas; next[i]++) {
				if (is_special(mm->vmas[next[i]].msg) || inherits_vma(p->inherited, next[i]))
					continue;
				if (!remote_has_room(leader(p)->tracee, 10, 128)) {
					more = true;
					break;
				}
				if (ask(r, leader(p)->tracee, mm, next[i]) < 0)
					return fail(&r->at, ENOSPC, "cannot %s", what);
			}
		}
		err = more || !keep_last ? restore_run_leaders(r, ps, what) : 0;
		if (err < 0)
			return err;
	}
	return 0;
}

static int ask_ldt(struct tracee *t, const X86Context *c)
{
	for (size_t i = 0; i + 8 <= c->ldt.len; i += 8) {
		struct user_desc d = { .entry_number = (unsigned)(i / 8) };
		uint64_t e;
		rptr at;

		memcpy(&e, c->ldt.data + i, 8);
		if (!e)
			continue;
		/* Segment descriptor, Intel SDM volume 3, 3.4.5. */
		d.base_addr = (unsigned)((e >> 16 & 0xffffff) | (e >> 56 & 0xff) << 24);
		d.limit = (unsigned)((e & 0xffff) | (e >> 48 & 0xf) << 16);
		d.contents = e >> 42 & 3;
		d.read_exec_only = !(e >> 41 & 1);
		d.seg_not_present = !(e >> 47 & 1);
		d.useable = e >> 52 & 1;
		d.lm = e >> 53 & 1;
		d.seg_32bit = e >> 54 & 1;
		d.limit_in_pages = e >> 55 & 1;
		if (!remote_has_room(t, 1, sizeof(d)) && remote_run(&t, 1) < 0)
			return -EIO;
		at = remote_push(t, &d, sizeof(d));
		if (!at.va || remote_ask(t, REMOTE_REQUIRED, 0, SYS_modify_ldt, REMOTE_ARGS(0x11, at.va, sizeof(d))) < 0)
			return -ENOSPC;
	}
	return 0;
}

static int ask_permissions(struct tracee *t, const X86Context *c)
{
	for (unsigned i = 0; i < 64; i++)
		if (c->xcomp_asked >> i & 1 &&
		    remote_ask(t, REMOTE_REQUIRED, 0, SYS_arch_prctl, REMOTE_ARGS(ARCH_REQ_XCOMP_PERM, i)) < 0)
			return -ENOSPC;
	return 0;
}

/* prctl(2): everything about an mm that is not a VMA, in one call. exe: a descriptor, or -1: it has the right one. */
static int ask_map_fields(struct tracee *t, const Mm *m, int exe)
{
	rptr auxv = remote_push(t, m->auxv, m->n_auxv * 8);
	struct prctl_mm_map map = {
		.start_code = m->start_code, .end_code = m->end_code, .start_data = m->start_data, .end_data = m->end_data,
		.start_brk = m->start_brk, .brk = m->brk, .start_stack = m->start_stack,
		.arg_start = m->arg_start, .arg_end = m->arg_end, .env_start = m->env_start, .env_end = m->env_end,
		.auxv = (void *)auxv.va, .auxv_size = (uint32_t)(m->n_auxv * 8), .exe_fd = (uint32_t)exe,
	};
	rptr at = remote_push(t, &map, sizeof(map));

	if (!at.va || !auxv.va)
		return -ENOSPC;
	return remote_ask(t, REMOTE_REQUIRED, 0, SYS_prctl, REMOTE_ARGS(PR_SET_MM, PR_SET_MM_MAP, at.va, sizeof(map), 0));
}

/* What holds for mappings to come. */
static int ask_defaults(struct tracee *t, const Mm *m)
{
	if (m->thp_disable && remote_ask(t, REMOTE_REQUIRED, 0, SYS_prctl, REMOTE_ARGS(PR_SET_THP_DISABLE, 1, 0, 0, 0)) < 0)
		return -ENOSPC;
	if (m->lock_future && remote_ask(t, REMOTE_REQUIRED, 0, SYS_mlockall, REMOTE_ARGS(m->lock_future)) < 0)
		return -ENOSPC;
	return 0;
}

static const char fields_what[] = "finish memory, or set the fields of the address space";

/* And the keys that were free, after the last memory has been given one. Who inherits
 * has neither keys nor an LDT, and the vdso is there. */
static int ask_end(struct restore *r, const struct process *p)
{
	const struct loaded_mm *mm = p->saved_mm;
	struct tracee *t = leader(p)->tracee;

	if (p->inherited)
		return p->inherited->fields ? 0 : ask_map_fields(t, mm->msg, -1);
	if (mm_keys_end(t, mm) < 0)
		return -ENOSPC;
	/* Where [vvar] begins; the kernel lays out the rest behind it. */
	remote_ask(t, REMOTE_REQUIRED, 0, SYS_arch_prctl, REMOTE_ARGS(ARCH_MAP_VDSO_64, mm->x86->vdso_base));
	if (ask_permissions(t, mm->x86) < 0 || ask_defaults(t, mm->msg) < 0 ||
	    (!r->full[p->index] && ask_map_fields(t, mm->msg, r->mapped[mm->msg->exe]) < 0))
		return -ENOSPC;
	return ask_ldt(t, mm->x86);
}

/* For what is asked at the end, and before. */
static int make_room_for_fields(struct restore *r, const struct process *p)
{
	struct tracee *t = leader(p)->tracee;

	return remote_has_room(t, FIELDS_CALLS, p->saved_mm->msg->n_auxv * 8 + FIELDS_BYTES) ? 0 :
		restore_run_all(r, &t, 1, fields_what);
}

static int set_fields(struct restore *r, const struct processes *ps)
{
	for (size_t i = 0; i < ps->n; i++) {
		const struct process *p = ps->list[i];
		int err = make_room_for_fields(r, p);

		if (err < 0)
			return err;
		if (ask_end(r, p) < 0)
			return fail(&r->at, ENOSPC, "cannot set the fields of the address space");
	}
	return restore_run_leaders(r, ps, fields_what);
}

static const char clear_what[] = "clear memory, or take the protection keys that it had";

static int make_room_for_one(struct restore *r, struct tracee *t)
{
	return remote_has_room(t, 1, 0) ? 0 : restore_run_all(r, &t, 1, clear_what);
}

static int ask_ranges(struct restore *r, struct tracee *t, const struct ranges *ranges, long nr, uint64_t advice)
{
	for (size_t i = 0; i < ranges->n; i++) {
		const struct range *range = &ranges->list[i];
		int err = make_room_for_one(r, t);

		if (err < 0)
			return err;
		remote_ask(t, REMOTE_REQUIRED, 0, nr, REMOTE_ARGS(range->start, range->end - range->start, advice));
	}
	return 0;
}

/* Mappings that are there, but not to their end. */
static int ask_lengths(struct restore *r, const struct process *p)
{
	struct tracee *t = leader(p)->tracee;

	for (size_t i = 0; i < p->saved_mm->n_vmas; i++) {
		const Vma *v = p->saved_mm->vmas[i].msg;
		const uint64_t end = inherits_vma(p->inherited, i) ? p->inherited->vmas[i].end : v->end;
		int err = end == v->end ? 0 : make_room_for_one(r, t);

		if (err < 0)
			return err;
		if (end != v->end)
			remote_ask(t, REMOTE_REQUIRED, 0, SYS_mremap, REMOTE_ARGS(v->start, end - v->start, v->end - v->start, 0));
	}
	return 0;
}

/* What an heir does not keep. */
static int clear_heir(struct restore *r, const struct process *p)
{
	struct tracee *t = leader(p)->tracee;
	int err = ask_ranges(r, t, &p->inherited->unmap, SYS_munmap, 0);

	if (err == 0)
		err = ask_ranges(r, t, &p->inherited->forget, SYS_madvise, MADV_DONTNEED);
	return err < 0 ? err : ask_lengths(r, p);
}

/* All that it was born with. The kernel changes the program's file only while the old one is not
 * mapped (replace_mm_exe_file() of kernel/fork.c, Linux 6.18), which it may be again as soon as
 * the process has memory. */
static int clear_all(struct restore *r, const struct process *p)
{
	const Mm *m = p->saved_mm->msg;
	struct tracee *t = leader(p)->tracee;
	int err;

	restore_ask_unmap(r, t);
	err = make_room_for_fields(r, p);
	if (err == 0 && ask_map_fields(t, m, r->mapped[m->exe]) < 0)
		err = fail(&r->at, ENOSPC, "cannot set the fields of the address space");
	return err;
}

static int clear(struct restore *r, const struct processes *ps)
{
	for (size_t i = 0; i < ps->n; i++) {
		const struct process *p = ps->list[i];
		int err = p->inherited ? clear_heir(r, p) : r->full[p->index] ? clear_all(r, p) : 0;

		if (err < 0)
			return err;
		if (!p->inherited && mm_keys_begin(leader(p)->tracee, p->saved_mm) < 0)
			return fail(&r->at, ENOSPC, "protection keys");
	}
	return restore_run_leaders(r, ps, clear_what);
}

int restore_memory_of(struct restore *r, const struct processes *ps)
{
	int err = clear(r, ps);

	if (err == 0)
		err = each_vma(r, ps, ask_map, "map memory", false);
	if (err == 0)
		err = fill_memory(r, ps);
	if (err == 0)
		err = each_vma(r, ps, ask_finish, "finish memory", true);
	if (err == 0)
		err = set_fields(r, ps);
	for (size_t i = 0; i < ps->n; i++)
		ps->list[i]->has_memory = err == 0;
	return err;
}

int restore_memory(struct restore *r)
{
	struct processes ps = { .list = arena_zalloc(r->mem, r->live.n * sizeof(*ps.list)) };

	if (!ps.list)
		return fail(&r->at, ENOMEM, "memory");
	for (size_t i = 0; i < r->live.n; i++)
		if (!r->live.list[i]->has_memory)
			ps.list[ps.n++] = r->live.list[i];
	return restore_memory_of(r, &ps);
}
