/* SPDX-License-Identifier: Apache-2.0 */
/* mm_scan.c - which pages of a tree are to be saved, by several threads. */
#include <errno.h>
#include <fcntl.h>

#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "mm_batches.h"
#include "pool.h"

#define SLICE_VMAS 96u
#define PART_VMAS 48u			/* to be scanned, of one process */
#define PART_BYTES (64u << 20)		/* of one VMA */
#define MUCH_MEMORY (16u << 20)
#define LOOK_PAGES 512u			/* at once: what the kernel walks through without a pause */

bool mm_has_contents(const struct process *p, size_t i)
{
	return p->vma_messages[i] && vma_has_contents(p->vma_messages[i]);
}

/* What matters of a private mapping is what smaps counts as anonymous, or as swapped. */
static bool is_to_be_scanned(const struct process *p, size_t i)
{
	return mm_has_contents(p, i) && (p->vmas[i].anonymous || p->vmas[i].swap);
}

static const uint64_t *read_entries(const struct scanned *s, int fd, uint64_t start, uint64_t end, int *err)
{
	uint64_t *entries = arena_zalloc(s->mem, (end - start) / ARCH_PAGE * sizeof(*entries));

	*err = entries ? pagemap_read(fd, start, end, entries) : -ENOMEM;
	return entries;
}

/* Of the next run. */
static int add_entries(struct scanned *s, const uint64_t *entries)
{
	const uint64_t **place = ARENA_ADD(s->mem, s->entries, s->n_entries);

	if (!place)
		return -ENOMEM;
	*place = entries;
	return 0;
}

/* Of all runs that have come. Those that lie close to each other are asked for together. */
static int look_at_runs(struct scanned *s, int fd)
{
	int r = 0;

	for (size_t next; r == 0 && s->n_entries < s->n;) {
		const uint64_t start = s->runs[s->n_entries].start;
		const uint64_t *entries;

		for (next = s->n_entries + 1; next < s->n && s->runs[next].end - start <= LOOK_PAGES * ARCH_PAGE; next++)
			;
		entries = read_entries(s, fd, start, s->runs[next - 1].end, &r);
		while (r == 0 && s->n_entries < next)
			r = add_entries(s, entries + (s->runs[s->n_entries].start - start) / ARCH_PAGE);
	}
	return r;
}

/* A few pages: what selects them is what is to be known of them. */
static int select_few(struct scanned *s, int fd, uint64_t start, uint64_t end, uint64_t zero_frame)
{
	int r;
	const uint64_t *entries = read_entries(s, fd, start, end, &r);
	struct page_run *run = NULL;

	for (uint64_t at = start; r == 0 && at < end; at += ARCH_PAGE) {
		const uint64_t *entry = &entries[(at - start) / ARCH_PAGE];

		if (!pagemap_matters(*entry, zero_frame)) {
			run = NULL;
			continue;
		}
		if (!run) {
			run = ARENA_ADD(s->mem, s->runs, s->n);
			if (!run)
				return -ENOMEM;
			run->start = at;
			r = add_entries(s, entry);
		}
		run->end = at + ARCH_PAGE;
	}
	return r;
}

/* Less than the huge zero page, whose frames are not known. */
static bool is_near(const struct process *p, size_t i, size_t next)
{
	return p->vmas[next].end - p->vmas[i].start < LOOK_PAGES * ARCH_PAGE;
}

/* The last VMA that is scanned together with VMA i. Little memory: what costs is the
 * number of scans, so those that follow each other are scanned in one. */
static size_t last_to_scan(const struct scanned *s, size_t i, bool few)
{
	const struct process *p = s->process;
	size_t last = i;

	for (size_t next = i + 1; !s->much && next < s->end_vma; next++) {
		bool wanted = is_to_be_scanned(p, next);

		if (few ? !is_near(p, i, next) : !wanted && p->vmas[next].rss)
			break;
		if (wanted)
			last = next;
	}
	return last;
}

/* Much memory: each VMA on its own, those without a file by a cheaper scan; and what is
 * to be known of its pages is asked by the threads that copy them, if no others have them. */
static int scan_vmas(const struct mm_copy *c, struct scanned *s, int fd)
{
	const struct process *p = s->process;
	const uint64_t zero = c->tree->own.zero_frame;
	int r = 0;

	for (size_t i = s->first_vma, last; r == 0 && i < s->end_vma; i = last + 1) {
		const struct proc_vma *v = &p->vmas[i];
		bool few = !s->much && zero && is_near(p, i, i);
		uint64_t end;

		last = i;
		if (!is_to_be_scanned(p, i))
			continue;
		last = last_to_scan(s, i, few);
		end = MIN(p->vmas[last].end, s->end);
		if (few) {
			r = select_few(s, fd, v->start, end, zero);
			continue;
		}
		r = pagemap_select(s->mem, fd, MAX(v->start, s->start), end, s->much && v->type != VMA_FILE, &s->runs, &s->n);
		if (r == 0 && (!s->much || c->frames))
			r = look_at_runs(s, fd);
	}
	return r;
}

static int scan_part(const struct mm_copy *c, struct scanned *s)
{
	autoclose fd = FAULTY(FAULT_OPEN, openat(s->process->dir, "pagemap", O_RDONLY | O_CLOEXEC));

	return fd < 0 ? -errno : scan_vmas(c, s, fd);
}

static int scan_slice(void *context, size_t slice)
{
	struct mm_copy *c = context;
	int r = 0;

	for (size_t i = c->slices[slice]; r == 0 && i < c->slices[slice + 1]; i++)
		r = scan_part(c, &c->scanned[i]);
	return r;
}

static int add_part(struct mm_copy *c, struct process *p, bool much, size_t first, size_t end, uint64_t from, uint64_t to)
{
	struct scanned *s = ARENA_ADD(c->mem, c->scanned, c->n_scanned);

	if (!s)
		return -ENOMEM;
	*s = (struct scanned){ .process = p, .much = much, .first_vma = first, .end_vma = end, .start = from, .end = to };
	return 0;
}

/* A large VMA in pieces. */
static int add_pieces(struct mm_copy *c, struct process *p, size_t i)
{
	const struct proc_vma *v = &p->vmas[i];
	int r = 0;

	for (uint64_t at = v->start, end; r == 0 && at < v->end; at = end) {
		end = v->end - at > PART_BYTES ? at + PART_BYTES : v->end;
		r = add_part(c, p, true, i, i + 1, at, end);
	}
	return r;
}

static int add_parts(struct mm_copy *c, struct process *p)
{
	const uint64_t anonymous = leader(p)->status.rss_anon + leader(p)->status.swap;
	bool much = anonymous > MUCH_MEMORY;
	size_t first = 0, wanted = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_vmas; i++) {
		bool large = MIN(p->vmas[i].anonymous, anonymous) > PART_BYTES && is_to_be_scanned(p, i);

		wanted += is_to_be_scanned(p, i);
		if (!large && wanted < PART_VMAS && i + 1 < p->n_vmas)
			continue;
		if (wanted > large)
			r = add_part(c, p, much, first, i + !large, 0, UINT64_MAX);
		if (r == 0 && large)
			r = add_pieces(c, p, i);
		first = i + 1;
		wanted = 0;
	}
	return r;
}

/* Parts of which each takes long are slices of their own. */
static int cut_slices(struct mm_copy *c, size_t *ret_n)
{
	size_t vmas = SLICE_VMAS;
	struct arena *mem = NULL;
	size_t *place;

	*ret_n = 0;
	for (size_t i = 0; i < c->n_scanned; i++) {
		struct scanned *s = &c->scanned[i];

		if (vmas >= SLICE_VMAS || s->end != UINT64_MAX) {
			place = ARENA_ADD(c->mem, c->slices, *ret_n);
			mem = arena_child(c->mem);
			if (!place || !mem)
				return -ENOMEM;
			*place = i;
			vmas = 0;
		}
		s->mem = mem;
		vmas += s->end_vma - s->first_vma;
	}
	place = ARENA_ADD(c->mem, c->slices, *ret_n);
	if (!place)
		return -ENOMEM;
	*place = c->n_scanned;
	(*ret_n)--;
	return 0;
}

int mm_scan(struct mm_copy *c)
{
	size_t slices;
	int r = 0;

	EACH_PROCESS(p, c->tree)
		if (r == 0 && !p->zombie)
			r = add_parts(c, p);
	if (r == 0)
		r = cut_slices(c, &slices);
	return r < 0 ? r : pool_each(slices, pool_threads(), scan_slice, c);
}
