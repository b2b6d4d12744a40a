/* SPDX-License-Identifier: Apache-2.0 */
/* inherit.c - see inherit.h. */
#include <errno.h>
#include <string.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "inherit.h"
#include "plan.h"

/* Under AddressSanitizer everything is worth it, so that all tests have heirs. */
#ifdef __SANITIZE_ADDRESS__
#define IS_HALF(part, whole) ((void)(whole), true)
#else
#define IS_HALF(part, whole) (2 * (part) >= (whole))
#endif

/* Pages side by side in memory and in the pages file. */
struct piece {
	uint64_t start, end, offset;	/* start == end: there are no more */
	size_t chunk;
};

/* Walks over the pages of one VMA, ascending. */
struct walk {
	const struct loaded_vma *vma;
	size_t chunk, run;
	uint64_t done;		/* pages of the chunk before the run */
};

static struct piece next_piece(struct walk *w)
{
	while (w->chunk < w->vma->n_chunks && w->run == w->vma->chunks[w->chunk]->n_runs) {
		w->chunk++;
		w->run = 0;
		w->done = 0;
	}
	if (w->chunk < w->vma->n_chunks) {
		const Chunk *c = w->vma->chunks[w->chunk];
		const PageRun *run = c->runs[w->run++];
		struct piece p = { run->start, run->start + run->pages * ARCH_PAGE, c->offset + w->done * ARCH_PAGE, w->chunk };

		w->done += run->pages;
		return p;
	}
	return (struct piece){ 0 };
}

static bool is_over(const struct piece *p)
{
	return p->start == p->end;
}

/* Go on behind `to`, which lies within the piece. */
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

static int add_range(struct arena *a, struct inherit_ranges *to, uint64_t start, uint64_t end)
{
	struct inherit_range *last = to->n ? &to->list[to->n - 1] : NULL;

	if (last && last->end == start) {
		last->end = end;
		return 0;
	}
	last = ARENA_ADD(a, to->list, to->n);
	if (!last)
		return -ENOMEM;
	*last = (struct inherit_range){ start, end };
	return 0;
}

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

/* The piece, or the next, as far as it is between start and end. */
static struct piece within(struct walk *w, struct piece p, uint64_t start, uint64_t end)
{
	while (!is_over(&p) && p.end <= start)
		p = next_piece(w);
	if (!is_over(&p) && p.start < start)
		advance(w, &p, start);
	if (p.start >= end)
		return (struct piece){ 0 };
	p.end = MIN(p.end, end);
	return p;
}

/* Pages that the i-th has in common with its twin. */
static uint64_t common_pages(const struct compare *c, size_t i)
{
	struct walk of_maker = { .vma = &c->maker->vmas[c->twin[i] - 1] }, of_child = { .vma = &c->child->vmas[i] };
	const uint64_t start = c->child->vmas[i].msg->start, end = kept_end(c, i);
	struct piece a = within(&of_maker, next_piece(&of_maker), start, end), b = next_piece(&of_child);
	uint64_t pages = 0;

	while (!is_over(&a) && !is_over(&b)) {
		uint64_t from = MAX(a.start, b.start), to = MIN(a.end, b.end);

		if (from < to && a.offset + (from - a.start) == b.offset + (from - b.start))
			pages += (to - from) / ARCH_PAGE;
		if (a.end == to)
			a = within(&of_maker, next_piece(&of_maker), start, end);
		if (b.end == to)
			b = next_piece(&of_child);
	}
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
	for (size_t i = 0; i < c->child->n_vmas; i++) {
		if (!c->twin[i] && !is_memory(c->child->vmas[i].msg))
			return false;
	}
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
				r = add_range(c->mem, &c->i->unmap, at, start);
			at = kept_end(c, i);
		}
		if (r == 0 && at < v->end && !vma_has_flag(v, "dc"))
			r = add_range(c->mem, &c->i->unmap, at, v->end);
	}
	return r;
}

/* The child's pages from the beginning of the piece on are not there. */
static int miss(struct compare *c, struct inherit_vma *of, const struct piece *p, uint64_t end)
{
	of->chunks[p->chunk] = false;
	return add_range(c->mem, &of->missing, p->start, end);
}

static int compare_pages(struct compare *c, size_t i)
{
	const struct loaded_vma *vma = &c->child->vmas[i];
	struct walk of_maker = { .vma = &c->maker->vmas[c->twin[i] - 1] }, of_child = { .vma = vma };
	const uint64_t start = vma->msg->start, end = kept_end(c, i);
	struct piece a = within(&of_maker, next_piece(&of_maker), start, end), b = next_piece(&of_child);
	struct inherit_vma *of = &c->i->vmas[i];
	int r = 0;

	of->whole = true;
	of->end = end;
	of->chunks = arena_zalloc(c->mem, vma->n_chunks * sizeof(*of->chunks) + 1);
	if (!of->chunks)
		return -ENOMEM;
	memset(of->chunks, true, vma->n_chunks * sizeof(*of->chunks));
	while (r == 0 && (!is_over(&a) || !is_over(&b))) {
		if (is_over(&b) || (!is_over(&a) && a.start < b.start)) {
			uint64_t to = is_over(&b) ? a.end : MIN(a.end, b.start);

			r = add_range(c->mem, &c->i->forget, a.start, to);
			advance(&of_maker, &a, to);
			a = within(&of_maker, a, start, end);
		} else if (is_over(&a) || b.start < a.start) {
			uint64_t to = is_over(&a) ? b.end : MIN(b.end, a.start);

			r = miss(c, of, &b, to);
			advance(&of_child, &b, to);
		} else {
			uint64_t to = MIN(a.end, b.end);

			if (a.offset == b.offset)
				c->common += (to - a.start) / ARCH_PAGE;
			else
				r = miss(c, of, &b, to);
			advance(&of_maker, &a, to);
			a = within(&of_maker, a, start, end);
			advance(&of_child, &b, to);
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

struct heirs {
	struct arena *mem;
	struct plan *plan;
	const struct loaded_mm *const *mms;
	size_t n;			/* nodes that are processes of the checkpoint */
	struct inheritance **by_node;
	uint32_t *born, *heirs;		/* by maker: how many it makes, and how many of them are to have its memory */
};

/* A step in which a live process is made by another. */
static bool makes_heir(const struct heirs *h, const struct plan_step *s)
{
	return s->op == PLAN_CLONE && s->actor < h->n && s->node < h->n && h->mms[s->actor] && h->mms[s->node];
}

/* Who is made when the memory is there has all of it, and must get rid of it if it is none of
 * its own: not for a few among many. */
static bool is_worth_it(const struct heirs *h, uint32_t maker)
{
	return IS_HALF(h->heirs[maker], h->born[maker]);
}

static int find_heirs(struct heirs *h)
{
	for (size_t i = 0; i < h->plan->n_steps; i++) {
		const struct plan_step *s = &h->plan->steps[i];
		int r;

		if (s->op != PLAN_CLONE || s->actor >= h->n)
			continue;
		h->born[s->actor]++;
		if (!makes_heir(h, s))
			continue;
		r = inherit_compare(h->mem, h->mms[s->actor], h->mms[s->node], &h->by_node[s->node]);
		if (r < 0)
			return r;
		h->heirs[s->actor] += h->by_node[s->node] != NULL;
	}
	return 0;
}

static int add_fills(struct heirs *h)
{
	size_t room = h->plan->n_steps + h->n, n = 0;
	struct plan_step *steps = arena_zalloc(h->mem, room * sizeof(*steps));
	bool *filled = arena_zalloc(h->mem, h->n * sizeof(*filled));

	if (!steps || !filled)
		return -ENOMEM;
	for (size_t i = 0; i < h->plan->n_steps; i++) {
		const struct plan_step *s = &h->plan->steps[i];

		if (makes_heir(h, s) && !is_worth_it(h, s->actor))
			h->by_node[s->node] = NULL;
		if (makes_heir(h, s) && h->by_node[s->node] && !filled[s->actor]) {
			steps[n++] = (struct plan_step){ .op = PLAN_FILL, .actor = s->actor, .node = s->actor };
			filled[s->actor] = true;
		}
		steps[n++] = *s;
	}
	h->plan->steps = steps;
	h->plan->n_steps = n;
	return 0;
}

int inherit_plan(struct arena *a, struct plan *plan, const struct loaded_mm *const *mms, size_t n,
		 struct inheritance ***ret_by_node)
{
	struct heirs h = { .mem = a, .plan = plan, .mms = mms, .n = n };
	int r;

	h.by_node = arena_zalloc(a, plan->n_nodes * sizeof(*h.by_node));
	h.born = arena_zalloc(a, n * sizeof(*h.born));
	h.heirs = arena_zalloc(a, n * sizeof(*h.heirs));
	if (!h.by_node || !h.born || !h.heirs)
		return -ENOMEM;
	r = find_heirs(&h);
	*ret_by_node = h.by_node;
	return r < 0 ? r : add_fills(&h);
}
