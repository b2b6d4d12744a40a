/* SPDX-License-Identifier: Apache-2.0 */
/* test_inherit.c - what a process has from its maker: carried out on a model of memory, it gives what the child had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "arch.h"
#include "arena.h"
#include "inherit.h"
#include "plan.h"

#define BASE UINT64_C(0x10000000)
#define PAGE UINT64_C(4096)
#define MAX_PAGES 64u
#define ROUNDS 3000
#define VDSO UINT64_C(0x7ff000000000)

/* Where everything is worth it: inherit.c. */
#ifdef __SANITIZE_ADDRESS__
#define SO_LITTLE_TOO true
#else
#define SO_LITTLE_TOO false
#endif

/* A mapping, and which page of the pages file is at each of its places; 0: none is. */
struct area {
	uint64_t at, pages;	/* in pages, from BASE */
	Vma *vma;
	uint64_t saved[MAX_PAGES];
};

struct space {
	struct area areas[8];
	size_t n;
};

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct area *add_area(struct arena *a, struct space *s, uint64_t at, uint64_t pages)
{
	struct area *area = &s->areas[s->n++];

	*area = (struct area){ .at = at, .pages = pages, .vma = ARENA_MSG(a, Vma, vma) };
	area->vma->start = BASE + at * PAGE;
	area->vma->end = area->vma->start + pages * PAGE;
	area->vma->prot = PROT_READ | PROT_WRITE;
	area->vma->type = VMA_TYPE__VMA_TYPE_ANONYMOUS;
	return area;
}

static void set_pages(struct area *area, uint64_t first)
{
	for (uint64_t i = 0; i < area->pages; i++)
		area->saved[i] = first + i;
}

/* A fork's copy: other messages, the same contents. */
static struct space copy(struct arena *a, const struct space *s)
{
	struct space c = *s;

	for (size_t i = 0; i < c.n; i++)
		c.areas[i].vma = arena_memdup(a, c.areas[i].vma, sizeof(Vma));
	return c;
}

static void set_flag(struct arena *a, Vma *v, const char *two)
{
	v->flags = arena_memdup(a, &two, sizeof(two));
	v->n_flags = 1;
}

static Chunk *add_chunk(struct arena *a, struct loaded_vma *v, uint64_t page)
{
	Chunk **place = ARENA_ADD(a, v->chunks, v->n_chunks);

	*place = ARENA_MSG(a, Chunk, chunk);
	(*place)->offset = page * PAGE;
	return *place;
}

static void add_page(struct arena *a, Chunk *c, uint64_t at)
{
	PageRun *last = c->n_runs ? c->runs[c->n_runs - 1] : NULL, **place;

	c->pages++;
	if (last && last->start + last->pages * PAGE == at) {
		last->pages++;
		return;
	}
	place = ARENA_ADD(a, c->runs, c->n_runs);
	*place = ARENA_MSG(a, PageRun, page_run);
	(*place)->start = at;
	(*place)->pages = 1;
}

/* Pages that lie side by side in the file are one chunk, or a new one every `most` pages. */
static void load_area(struct arena *a, struct loaded_vma *v, const struct area *area, uint64_t most)
{
	Chunk *c = NULL;

	v->msg = area->vma;
	for (uint64_t i = 0; i < area->pages; i++) {
		if (!area->saved[i])
			continue;
		if (!c || c->pages == most || c->offset / PAGE + c->pages != area->saved[i])
			c = add_chunk(a, v, area->saved[i]);
		add_page(a, c, area->vma->start + i * PAGE);
	}
}

static struct loaded_mm *load(struct arena *a, const struct space *s, uint64_t most)
{
	struct loaded_mm *mm = arena_zalloc(a, sizeof(*mm));
	Vma *vdso = ARENA_MSG(a, Vma, vma);

	mm->msg = ARENA_MSG(a, Mm, mm);
	mm->msg->exe = 1;
	mm->x86 = ARENA_MSG(a, X86Context, x86_context);
	mm->x86->vdso_base = mm->x86->vdso_code = VDSO;
	mm->vmas = arena_zalloc(a, (s->n + 1) * sizeof(*mm->vmas));
	mm->n_vmas = s->n + 1;
	for (size_t i = 0; i < s->n; i++)
		load_area(a, &mm->vmas[i], &s->areas[i], most);
	vdso->type = VMA_TYPE__VMA_TYPE_VDSO;
	vdso->start = VDSO;
	vdso->end = VDSO + PAGE;
	mm->vmas[s->n].msg = vdso;
	return mm;
}

static struct inheritance *compare(struct arena *a, const struct loaded_mm *maker, const struct loaded_mm *child)
{
	struct inheritance *i;

	assert_int_equal(inherit_compare(a, maker, child, &i), 0);
	return i;
}

static bool is_in(const struct ranges *r, uint64_t at)
{
	for (size_t i = 0; i < r->n; i++)
		if (at >= r->list[i].start && at < r->list[i].end)
			return true;
	return false;
}

/* The page of the file that is at this place of a space; 0: none. *ret: its mapping. */
static uint64_t page_at(const struct space *s, uint64_t at, const struct area **ret)
{
	for (size_t i = 0; i < s->n; i++)
		if (at >= s->areas[i].vma->start && at < s->areas[i].vma->end) {
			*ret = &s->areas[i];
			return s->areas[i].saved[(at - s->areas[i].vma->start) / PAGE];
		}
	*ret = NULL;
	return 0;
}

/* As restore_fill.c does it: a chunk that is there is not looked at; of others in a kept mapping only what is missing. */
static bool is_written(const struct loaded_mm *mm, const struct inheritance *i, size_t vma, uint64_t at)
{
	for (size_t k = 0; k < mm->vmas[vma].n_chunks; k++) {
		const Chunk *c = mm->vmas[vma].chunks[k];

		for (size_t j = 0; j < c->n_runs && !inherits_chunk(i, vma, k); j++)
			if (at >= c->runs[j]->start && at < c->runs[j]->start + c->runs[j]->pages * PAGE)
				return !inherits_vma(i, vma) || is_in(&i->vmas[vma].missing, at);
	}
	return false;
}

/* What fork gives, less what is unmapped and forgotten, with what is mapped and written: is it the child's? */
static void carry_out(const struct space *maker, const struct space *child, const struct loaded_mm *mm,
		      const struct inheritance *i)
{
	for (uint64_t at = BASE; at < BASE + 8 * MAX_PAGES * PAGE; at += PAGE) {
		const struct area *from, *to;
		uint64_t was = page_at(maker, at, &from), is = page_at(child, at, &to), now = 0;
		bool mapped = from && !(from->vma->n_flags && !strcmp(from->vma->flags[0], "dc")) && !is_in(&i->unmap, at);
		size_t vma = to ? (size_t)(to - child->areas) : 0;

		if (mapped) {
			assert_non_null(to);
			assert_true(inherits_vma(i, vma));
			now = is_in(&i->forget, at) ? 0 : was;
			assert_true(at < i->vmas[vma].end);
		} else if (to) {	/* not kept, or made longer */
			assert_true(!inherits_vma(i, vma) || at >= i->vmas[vma].end);
		}
		assert_false(!mapped && is_in(&i->forget, at));
		/* What is there already is left alone. */
		if (to && is_written(mm, i, vma, at)) {
			assert_true(now != is);
			now = is;
		}
		assert_int_equal(now, is);
	}
}

static void test_the_same(void **state)
{
	struct arena *a = *state;
	struct space s = { .n = 0 };
	struct loaded_mm *mm;
	struct inheritance *i;

	set_pages(add_area(a, &s, 0, 10), 1);
	set_pages(add_area(a, &s, 20, 5), 100);
	mm = load(a, &s, 1000);
	/* However the pages are put into chunks. */
	for (uint64_t most = 1; most <= 10; most++) {
		struct space c = copy(a, &s);

		i = compare(a, mm, load(a, &c, most));
		assert_non_null(i);
		assert_true(i->fields);
		assert_int_equal(i->unmap.n + i->forget.n, 0);
		for (size_t v = 0; v < 3; v++)
			assert_true(inherits_vma(i, v));
		carry_out(&s, &c, load(a, &c, most), i);
	}
}

static void test_pages(void **state)
{
	struct arena *a = *state;
	struct space s = { .n = 0 }, c;
	struct loaded_mm *child;
	struct inheritance *i;

	set_pages(add_area(a, &s, 0, 10), 1);
	s.areas[0].saved[9] = 0;
	c = copy(a, &s);
	c.areas[0].saved[0] = 0;	/* dropped */
	c.areas[0].saved[4] = 50;	/* changed */
	c.areas[0].saved[9] = 51;	/* new */
	child = load(a, &c, 1000);
	i = compare(a, load(a, &s, 1000), child);
	assert_non_null(i);
	assert_int_equal(child->vmas[0].n_chunks, 4);
	assert_true(inherits_chunk(i, 0, 0));
	assert_false(inherits_chunk(i, 0, 1));
	assert_true(inherits_chunk(i, 0, 2));
	assert_false(inherits_chunk(i, 0, 3));
	assert_int_equal(i->forget.n, 1);
	carry_out(&s, &c, child, i);
}

static void test_mappings(void **state)
{
	struct arena *a = *state;
	struct space s = { .n = 0 }, c;
	struct loaded_mm *child;
	struct inheritance *i;

	for (uint64_t k = 0; k < 5; k++)
		set_pages(add_area(a, &s, 10 * k, 10), 1 + 10 * k);
	c = copy(a, &s);
	c.areas[0].vma->prot = PROT_READ;
	c.areas[2].vma->pgoff = PAGE;
	child = load(a, &c, 1000);
	i = compare(a, load(a, &s, 1000), child);
	assert_non_null(i);
	assert_int_equal(i->unmap.n, 2);
	carry_out(&s, &c, child, i);
	/* Of neighbours that nothing tells apart only one that has pages stays what it was, beside one that is new. */
	s.areas[3].vma->keep_apart = c.areas[3].vma->keep_apart = true;
	i = compare(a, load(a, &s, 1000), child);
	assert_true(!inherits_vma(i, 2) && inherits_vma(i, 3));
	memset(s.areas[3].saved, 0, sizeof(s.areas[3].saved));
	c.areas[2].vma->pgoff = 0;
	i = compare(a, load(a, &s, 1000), load(a, &c, 1000));
	assert_true(inherits_vma(i, 2) && !inherits_vma(i, 3));
}

static uint64_t below(uint64_t n)
{
	return (uint64_t)random() % n;
}

/* Of a mapping only what begins at that page of it, without so many at its end; one page at least. */
static void cut(struct area *area, uint64_t from, uint64_t less)
{
	uint64_t left = area->pages - from;

	left = left > less ? left - less : 1;
	memmove(area->saved, area->saved + from, left * sizeof(area->saved[0]));
	area->at += from;
	area->pages = left;
	area->vma->start = BASE + area->at * PAGE;
	area->vma->end = area->vma->start + left * PAGE;
}

static bool is_free(const struct space *s, size_t i, uint64_t at)
{
	return i + 1 == s->n || at < s->areas[i + 1].at;
}

static void lengthen(struct area *area, uint64_t *page)
{
	area->saved[area->pages++] = below(2) ? ++*page : 0;
	area->vma->end += PAGE;
}

/* A heap that grew, one that shrank, and one in which a hole was made. */
static void test_ends(void **state)
{
	struct arena *a = *state;
	struct space s = { .n = 0 }, c;
	struct loaded_mm *child;
	struct inheritance *i;
	struct area *hole;

	for (uint64_t k = 0; k < 3; k++)
		set_pages(add_area(a, &s, 20 * k, 10), 1 + 10 * k);
	c = copy(a, &s);
	lengthen(&c.areas[0], &(uint64_t){ 100 });
	c.areas[0].saved[10] = 100;
	cut(&c.areas[1], 0, 4);
	cut(&c.areas[2], 0, 6);
	hole = add_area(a, &c, 46, 4);
	memcpy(hole->saved, s.areas[2].saved + 6, 4 * sizeof(hole->saved[0]));
	child = load(a, &c, 1000);
	i = compare(a, load(a, &s, 1000), child);
	assert_non_null(i);
	assert_int_equal(i->unmap.n, 2);
	assert_int_equal(i->vmas[0].end, BASE + 10 * PAGE);
	for (size_t k = 0; k < 4; k++)
		assert_true(inherits_vma(i, k));
	carry_out(&s, &c, child, i);
	/* The same, but the child's own heap follows on its parent's, which has grown there too. */
	c = copy(a, &s);
	cut(&c.areas[2], 0, 6);
	hole = add_area(a, &c, 44, 6);
	hole->vma->keep_apart = true;
	i = compare(a, load(a, &s, 1000), load(a, &c, 1000));
	assert_true(inherits_vma(i, 2) && !inherits_vma(i, 3));
	carry_out(&s, &c, load(a, &c, 1000), i);
	c = copy(a, &s);
	lengthen(&c.areas[0], &(uint64_t){ 100 });
	/* A stack grows downwards only. */
	set_flag(a, s.areas[0].vma, "gd");
	set_flag(a, c.areas[0].vma, "gd");
	i = compare(a, load(a, &s, 1000), load(a, &c, 1000));
	assert_false(inherits_vma(i, 0));
}

static void test_flags(void **state)
{
	static const struct { const char *flag; bool kept, unmapped; } cases[] = {
		{ "hg", true, false }, { "dd", true, false }, { "dc", false, false }, { "wf", false, true }, { "lo", false, true },
	};
	struct arena *a = *state;

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct space s = { .n = 0 }, c;
		struct loaded_mm *child;
		struct inheritance *i;

		set_pages(add_area(a, &s, 0, 10), 1);
		set_pages(add_area(a, &s, 10, 10), 11);
		set_flag(a, s.areas[0].vma, cases[k].flag);
		c = copy(a, &s);
		child = load(a, &c, 1000);
		i = compare(a, load(a, &s, 1000), child);
		assert_non_null(i);
		assert_int_equal(inherits_vma(i, 0), cases[k].kept);
		assert_int_equal(i->unmap.n, cases[k].unmapped);
		carry_out(&s, &c, child, i);
	}
}

static void test_unlike(void **state)
{
	struct arena *a = *state;
	struct space s = { .n = 0 }, c;
	struct loaded_mm *maker, *child;

	set_pages(add_area(a, &s, 0, 10), 1);
	maker = load(a, &s, 1000);
	child = load(a, &s, 1000);
#define UNLIKE(field, value) do {						\
	__auto_type keep_ = (field);						\
	(field) = (value);							\
	assert_null(compare(a, maker, child));					\
	(field) = keep_;							\
	assert_non_null(compare(a, maker, child));				\
} while (0)
	UNLIKE(child->msg->exe, 2);
	UNLIKE(child->msg->thp_disable, true);
	UNLIKE(maker->msg->thp_disable, true);
	UNLIKE(maker->msg->lock_future, 1);
	UNLIKE(maker->msg->keys, 3);
	UNLIKE(maker->vmas[0].msg->key, 1);
	UNLIKE(maker->x86->ldt.len, 8);
	UNLIKE(maker->x86->xcomp_asked, 1);
	UNLIKE(child->x86->vdso_base, VDSO - PAGE);
	child->msg->brk = BASE;
	assert_false(compare(a, maker, child)->fields);
	/* Half of the maker's pages must be of use. */
	c = copy(a, &s);
	set_pages(&c.areas[0], 20);
	for (uint64_t k = 0; k < 5; k++)
		c.areas[0].saved[k] = 1 + k;
	assert_non_null(compare(a, maker, load(a, &c, 1000)));
	c.areas[0].saved[2] = 40;
	assert_int_equal(compare(a, maker, load(a, &c, 1000)) != NULL, SO_LITTLE_TOO);
}

static struct space any_space(struct arena *a)
{
	struct space s = { .n = 0 };
	uint64_t at = 0, page = 1;
	size_t n = 1 + below(6);

	while (s.n < n) {
		struct area *area = add_area(a, &s, at, 1 + below(MAX_PAGES));

		for (uint64_t i = 0; i < area->pages; i++) {
			page += below(8) == 0;
			area->saved[i] = below(5) ? page++ : 0;
		}
		at += area->pages + (below(2) ? below(5) : 0);
		area->vma->keep_apart = s.n > 1 && below(4) == 0;
		if (below(12) == 0)
			set_flag(a, area->vma, "dc");
	}
	return s;
}

static void change(struct space *s)
{
	uint64_t page = 10000;
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct area *area = &s->areas[i];

		for (uint64_t k = 0; k < area->pages; k++) {
			if (below(10) == 0)
				area->saved[k] = page += below(3);
			else if (below(20) == 0)
				area->saved[k] = 0;
		}
		if (below(10) == 0)
			area->vma->prot = PROT_READ;
		if (below(4) == 0)
			cut(area, below(area->pages), 1);
		else if (below(4) == 0)
			cut(area, 0, 1 + below(area->pages));
		else if (below(4) == 0 && area->pages < MAX_PAGES && is_free(s, i, area->at + area->pages))
			lengthen(area, &page);
		if (below(10))
			s->areas[kept++] = *area;
	}
	s->n = kept;
}

static void test_random(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	size_t some = 0;

	(void)state;
	srandom(seed);
	print_message("seed %u, %d rounds\n", seed, ROUNDS);
	for (int round = 0; round < ROUNDS; round++) {
		struct arena *a = arena_new();
		struct space s = any_space(a), c = copy(a, &s);
		struct loaded_mm *child;
		struct inheritance *i;

		change(&c);
		child = load(a, &c, 1 + below(MAX_PAGES));
		i = compare(a, load(a, &s, 1 + below(MAX_PAGES)), child);
		if (i)
			carry_out(&s, &c, child, i);
		some += i != NULL;
		arena_free(a);
	}
	assert_in_range(some, ROUNDS / 20, ROUNDS);
}

/* The processes with the numbers given by parent[]; node 0 is the root. */
static struct plan make_plan(struct arena *a, const uint32_t *parent, size_t n)
{
	struct plan_node *nodes = arena_zalloc(a, n * sizeof(*nodes));
	struct plan plan;
	const char *why;

	for (size_t i = 0; i < n; i++)
		nodes[i] = (struct plan_node){ .pid = 100 + (pid_t)i, .parent = i ? parent[i] : PLAN_CKPT, .sid = 100, .pgid = 100,
					       .files = (uint32_t)i + 1 };
	assert_int_equal(plan_tree(a, nodes, n, &plan, &why, NULL), 0);
	return plan;
}

static size_t position(const struct plan *plan, enum plan_op op, uint32_t actor, uint32_t node)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].op == op && plan->steps[i].actor == actor && plan->steps[i].node == node)
			return i + 1;
	return 0;
}

static void test_plan(void **state)
{
	static const uint32_t parent[] = { 0, 0, 0, 1, 1, 1 };
	struct arena *a = *state;
	struct space s = { .n = 0 }, other = { .n = 0 };
	struct plan plan = make_plan(a, parent, 6);
	const struct loaded_mm *mms[6];
	struct inheritance **heirs;

	set_pages(add_area(a, &s, 0, 10), 1);
	set_pages(add_area(a, &other, 0, 10), 50);
	mms[0] = mms[1] = mms[3] = load(a, &s, 1000);
	mms[2] = mms[4] = load(a, &other, 1000);
	mms[5] = NULL;	/* a zombie */
	assert_int_equal(inherit_plan(a, &plan, mms, 6, &heirs), 0);
	assert_non_null(heirs[1]);	/* one of two */
	assert_null(heirs[2]);
	assert_int_equal(heirs[3] != NULL, SO_LITTLE_TOO);	/* one of three, with the zombie */
	assert_null(heirs[0]);
	assert_true(position(&plan, PLAN_FILL, 0, 0) && position(&plan, PLAN_FILL, 0, 0) < position(&plan, PLAN_CLONE, 0, 1));
	assert_int_equal(position(&plan, PLAN_FILL, 1, 1) != 0, SO_LITTLE_TOO);
	mms[4] = mms[0];
	plan = make_plan(a, parent, 6);
	assert_int_equal(inherit_plan(a, &plan, mms, 6, &heirs), 0);
	assert_true(heirs[3] && heirs[4] && !heirs[5]);
	/* Its own memory is made of its maker's, before it is a maker. */
	assert_true(position(&plan, PLAN_CLONE, 0, 1) < position(&plan, PLAN_FILL, 1, 1));
	assert_true(position(&plan, PLAN_FILL, 1, 1) < position(&plan, PLAN_CLONE, 1, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mappings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unlike, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plan, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
