/* SPDX-License-Identifier: Apache-2.0 */
/* inherit.c - see inherit.h. */
#include <errno.h>
#include <string.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "inherit.h"
#include "inherit_worth.h"

/* Pages side by side in memory and in the pages file. */
struct piece {
	uint64_t start, end, offset;	/* start == end: there are no more */
	size_t chunk;
};

/* Walks over the pages of one VMA that lie between start and end, ascending. */
struct walk {
	const struct loaded_vma *vma;
	uint64_t start, end;
	size_t chunk, run;
	uint64_t done;		/* pages of the chunk before the run */
};

static struct piece next_piece(struct walk *w)
{
	for (; w->chunk < w->vma->n_chunks; w->chunk++, w->run = 0, w->done = 0) {
		const Chunk *c = w->vma->chunks[w->chunk];

		while (w->run < c->n_runs) {
			const PageRun *run = c->runs[w->run++];
			uint64_t offset = c->offset + w->done * ARCH_PAGE, start = MAX(run->start, w->start),
				 end = MIN(run->start + run->pages * ARCH_PAGE, w->end);

			w->done += run->pages;
			if (start < end)
				return (struct piece){ start, end, offset + (start - run->start), w->chunk };
		}
	}
	return (struct piece){ 0 };
}

static bool is_over(const struct piece *p)
{
	return p->start == p->end;
}

/* Go on at `to`, which is not behind the piece. */
static void advance(struct walk *w, struct piece *p, uint64_t to)
{
	p->offset += to - p->start;
	p->start = to;
	if (is_over(p))
		*p = next_piece(w);
}

/* dup_mmap() of kernel/fork.c, Linux 6.18: a child does not have such a mapping, or not its
 * contents, or not its lock. */
static bool survives_fork(const Vma *v)
{
	return !vma_has_flag(v, "dc") && !vma_has_flag(v, "wf") && !vma_has_flag(v, "lo");
}

static bool same_flags(const Vma *a, const Vma *b)
{
	if (a->n_flags != b->n_flags)
		return false;
	for (size_t i = 0; i < a->n_flags; i++)
		if (strcmp(a->flags[i], b->flags[i]) != 0)
			return false;
	return true;
}

static bool is_memory(const Vma *v)
{
	return v->type == VMA_TYPE__VMA_TYPE_ANONYMOUS || v->type == VMA_TYPE__VMA_TYPE_FILE;
}

static bool same_ends(const Vma *a, const Vma *b)
{
	return a->start == b->start && a->end == b->end;
}

/* Does a, of the maker, give the child b's beginning? The rest of a is unmapped; what b has
 * more is added at its end, which a stack cannot have. */
static bool same_mapping(const Vma *a, const Vma *b)
{
	const uint64_t skip = b->start - a->start;

	return a->start <= b->start && b->start < a->end && a->prot == b->prot && a->shared == b->shared &&
	       a->pgoff + (a->type == VMA_TYPE__VMA_TYPE_FILE ? skip : 0) == b->pgoff && a->type == b->type &&
	       a->file == b->file && a->file_writable == b->file_writable && !strcmp(a->name, b->name) && a->key == b->key &&
	       same_flags(a, b) && survives_fork(a) && (is_memory(a) || same_ends(a, b)) &&
	       (b->end <= a->end || !vma_has_flag(a, "gd"));
}

static bool same_fields(const Mm *a, const Mm *b)
{
	return a->start_code == b->start_code && a->end_code == b->end_code && a->start_data == b->start_data &&
	       a->end_data == b->end_data && a->start_brk == b->start_brk && a->brk == b->brk &&
	       a->start_stack == b->start_stack && a->arg_start == b->arg_start && a->arg_end == b->arg_end &&
	       a->env_start == b->env_start && a->env_end == b->env_end && a->exe == b->exe && a->n_auxv == b->n_auxv &&
	       (!a->n_auxv || !memcmp(a->auxv, b->auxv, a->n_auxv * sizeof(a->auxv[0])));
}

/* Nothing that a child would have to get rid of again, or that fork(2) forgets. */
static bool is_plain(const struct loaded_mm *mm)
{
	for (size_t i = 0; i < mm->n_vmas; i++)
		if (mm->vmas[i].msg->key)
			return false;
	return !mm->msg->thp_disable && !mm->msg->lock_future && mm->msg->keys <= 1 && !mm->x86->ldt.len &&
	       !mm->x86->xcomp_asked;
}

static bool are_alike(const struct loaded_mm *a, const struct loaded_mm *b)
{
	return is_plain(a) && is_plain(b) && a->msg->exe == b->msg->exe && a->msg->keys == b->msg->keys &&
	       a->x86->vdso_base == b->x86->vdso_base && a->x86->vdso_code == b->x86->vdso_code;
}

static uint64_t pages_of(const struct loaded_mm *mm)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < mm->n_vmas; i++)
		for (size_t k = 0; k < mm->vmas[i].n_chunks; k++)
			pages += mm->vmas[i].chunks[k]->pages;
	return pages;
}

struct compare {
	struct arena *mem;
	const struct loaded_mm *maker, *child;
	struct inheritance *i;
	uint32_t *twin;		/* by the child's VMA: 1 + index of the maker's; 0: it has none */
	uint64_t common;	/* pages */
};

static void find_twins(struct compare *c)
{
	for (size_t i = 0, k = 0; i < c->child->n_vmas; i++) {
		while (k < c->maker->n_vmas && c->maker->vmas[k].msg->end <= c->child->vmas[i].msg->start)
			k++;
		if (k < c->maker->n_vmas && same_mapping(c->maker->vmas[k].msg, c->child->vmas[i].msg))
			c->twin[i] = (uint32_t)k + 1;
	}
}

static const Vma *twin_of(const struct compare *c, size_t i)
{
	return c->twin[i] ? c->maker->vmas[c->twin[i] - 1].msg : NULL;
}

static bool has_alike_neighbour(const struct compare *c, size_t i)
{
	return c->child->vmas[i].msg->keep_apart || (i + 1 < c->child->n_vmas && c->child->vmas[i + 1].msg->keep_apart);
}

/* Where what is kept of the i-th ends. */
static uint64_t kept_end(const struct compare *c, size_t i)
{
	return MIN(c->child->vmas[i].msg->end, twin_of(c, i)->end);
}

/* The pages of a child's VMA beside those of its twin. */
struct pair {
	struct walk of_maker, of_child;
	struct piece a, b;	/* what is left of the present ones */
};

struct stretch {
	uint64_t start, end;
	bool in_child, same;	/* not in the child: in the maker alone */
	size_t chunk;		/* the child's */
};

static struct pair begin_pair(const struct compare *c, size_t i)
{
	const struct loaded_vma *child = &c->child->vmas[i], *maker = &c->maker->vmas[c->twin[i] - 1];
	struct pair p = {
		.of_maker = { .vma = maker, .start = child->msg->start, .end = kept_end(c, i) },
		.of_child = { .vma = child, .start = child->msg->start, .end = child->msg->end },
	};

	p.a = next_piece(&p.of_maker);
	p.b = next_piece(&p.of_child);
	return p;
}

/* The next pages that one of them has, or both; false: there are no more. */
static bool next_stretch(struct pair *p, struct stretch *ret)
{
	const uint64_t a = is_over(&p->a) ? UINT64_MAX : p->a.start, b = is_over(&p->b) ? UINT64_MAX : p->b.start;
	const uint64_t start = MIN(a, b);
	uint64_t end;

	if (start == UINT64_MAX)
		return false;
	end = MIN(a == start ? p->a.end : a, b == start ? p->b.end : b);
	*ret = (struct stretch){ start, end, b == start, a == b && p->a.offset == p->b.offset, p->b.chunk };
	if (a == start)
		advance(&p->of_maker, &p->a, end);
	if (b == start)
		advance(&p->of_child, &p->b, end);
	return true;
}

/* Pages that the i-th has in common with its twin. */
static uint64_t common_pages(const struct compare *c, size_t i)
{
	struct pair pair = begin_pair(c, i);
	struct stretch s;
	uint64_t pages = 0;

	while (next_stretch(&pair, &s))
		pages += s.same ? (s.end - s.start) / ARCH_PAGE : 0;
	return pages;
}

/* Of neighbours that nothing tells apart, one that is kept stays apart from all others if it had
 * pages when it was forked: the kernel then merges it with nothing that has another history
 * (vma_is_fork_child() of mm/vma.c, Linux 6.18). Two of them cannot come from one mapping: the
 * one that has grown is the less of the two. */
static void part_neighbours(struct compare *c)
{
	for (size_t i = 0, best = 0; i < c->child->n_vmas; i++) {
		if (!c->child->vmas[i].msg->keep_apart || c->twin[i] != c->twin[best])
			best = i;
		if (c->twin[i] && has_alike_neighbour(c, i) && !c->maker->vmas[c->twin[i] - 1].n_chunks)
			c->twin[i] = 0;
		if (best == i || !c->twin[i])
			continue;
		if (common_pages(c, best) < common_pages(c, i)) {
			c->twin[best] = 0;
			best = i;
		} else {
			c->twin[i] = 0;
		}
	}
}

static bool has_vdso(const struct compare *c)
{
	for (size_t i = 0; i < c->child->n_vmas; i++)
		if (!c->twin[i] && !is_memory(c->child->vmas[i].msg))
			return false;
	return true;
}

/* The rest of the maker's mappings, between what is kept. */
static int list_unmapped(struct compare *c)
{
	int r = 0;

	for (size_t k = 0, i = 0; r == 0 && k < c->maker->n_vmas; k++) {
		const Vma *v = c->maker->vmas[k].msg;
		uint64_t at = v->start;

		for (; r == 0 && i < c->child->n_vmas && c->child->vmas[i].msg->start < v->end; i++) {
			const uint64_t start = c->child->vmas[i].msg->start;

			if (c->twin[i] != k + 1)
				continue;
			if (at < start)
				r = ranges_add(c->mem, &c->i->unmap, at, start);
			at = kept_end(c, i);
		}
		if (r == 0 && at < v->end && !vma_has_flag(v, "dc"))
			r = ranges_add(c->mem, &c->i->unmap, at, v->end);
	}
	return r;
}

static int compare_pages(struct compare *c, size_t i)
{
	struct inherit_vma *of = &c->i->vmas[i];
	const size_t n_chunks = c->child->vmas[i].n_chunks;
	struct pair pair = begin_pair(c, i);
	struct stretch s;
	int r = 0;

	of->kept = true;
	of->end = kept_end(c, i);
	of->chunks = arena_zalloc(c->mem, n_chunks * sizeof(*of->chunks) + 1);
	if (!of->chunks)
		return -ENOMEM;
	memset(of->chunks, true, n_chunks * sizeof(*of->chunks));
	while (r == 0 && next_stretch(&pair, &s)) {
		if (s.same) {
			c->common += (s.end - s.start) / ARCH_PAGE;
		} else if (s.in_child) {
			of->chunks[s.chunk] = false;
			r = ranges_add(c->mem, &of->missing, s.start, s.end);
		} else {
			r = ranges_add(c->mem, &c->i->forget, s.start, s.end);
		}
	}
	return r;
}

int inherit_compare(struct arena *a, const struct loaded_mm *maker, const struct loaded_mm *child, struct inheritance **ret)
{
	struct compare c = { .mem = a, .maker = maker, .child = child };
	uint64_t has = pages_of(maker);
	int r;

	*ret = NULL;
	if (!are_alike(maker, child) || !IS_HALF(pages_of(child), has))
		return 0;
	c.i = arena_zalloc(a, sizeof(*c.i));
	c.twin = arena_zalloc(a, (child->n_vmas + 1) * sizeof(*c.twin));
	if (c.i)
		c.i->vmas = arena_zalloc(a, (child->n_vmas + 1) * sizeof(*c.i->vmas));
	if (!c.i || !c.twin || !c.i->vmas)
		return -ENOMEM;
	find_twins(&c);
	part_neighbours(&c);
	if (!has_vdso(&c))
		return 0;
	r = list_unmapped(&c);
	for (size_t i = 0; r == 0 && i < child->n_vmas; i++)
		r = c.twin[i] ? compare_pages(&c, i) : 0;
	c.i->fields = same_fields(maker->msg, child->msg);
	if (r == 0 && c.common && IS_HALF(c.common, has))
		*ret = c.i;
	return r;
}
