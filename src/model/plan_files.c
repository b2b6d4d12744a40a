/* SPDX-License-Identifier: Apache-2.0 */
/* plan_files.c - who must be born in which descriptor table, where some share one.
 *
 * A table is shared by inheritance only (clone(2), CLONE_FILES). The first of
 * its processes leaves the common table as soon as it lives; the others are
 * made from within: by processes in the table, by others that are born in it
 * and leave it after the plan, or, as siblings, by the first.
 */
#include <errno.h>
#include "plan_internal.h"

static uint32_t maker_of(const struct planner *p, uint32_t i)
{
	return p->places[i].maker;
}

static bool is_served(const struct planner *p, uint32_t i)
{
	uint32_t maker = maker_of(p, i);

	return maker != PLAN_CKPT && p->places[maker].files == p->places[i].need_files;
}

/* The maker of i, which shares no table, must be born in the one i needs. */
static int ask_maker(struct planner *p, uint32_t i)
{
	uint32_t t = p->places[i].need_files, maker = maker_of(p, i);
	struct place *at = &p->places[maker];

	if (at->files == NOBODY && at->need_files == t)
		return 0;
	if (at->files != NOBODY || at->need_files != ANY)
		return plan_fail(p, maker < p->n_given ? maker : i,
			"pid %d would have to be in two shared descriptor tables, as it has to make pid %d in another one",
			p->nodes[maker].pid, p->nodes[i].pid);
	at->need_files = t;
	return !is_served(p, maker);
}

/* The sessions that some siblings must be born in. */
struct needs {
	uint32_t session[2];
	size_t n;
};

static bool add_need(struct needs *needs, uint32_t session)
{
	if (session == ANY)
		return true;
	for (size_t i = 0; i < needs->n; i++)
		if (needs->session[i] == session)
			return true;
	if (needs->n == 2)
		return false;
	needs->session[needs->n++] = session;
	return true;
}

/* Can i be in all these sessions, one after the other? ret_born: the one to
 * be born in, or ANY. */
static bool can_visit(const struct planner *p, uint32_t i, const struct needs *needs,
		      uint32_t *ret_born)
{
	const struct place *at = &p->places[i];
	uint32_t born = at->need_session;

	for (size_t k = 0; k < needs->n; k++) {
		uint32_t s = needs->session[k];

		if (s == at->session || s == born)
			continue;
		if (born != ANY)
			return false;
		born = s;
	}
	*ret_born = born;
	return true;
}

/* All have one maker, which can thus give i the session of any of them. */
static void make_siblings(struct planner *p, uint32_t i, const struct plan_climb *c)
{
	for (size_t k = 0; k < c->n_level; k++) {
		struct place *at = &p->places[c->level[k]];

		if (c->level[k] == i)
			continue;
		at->maker = i;
		p->places[i].need_group |= at->need_group;
	}
}

static uint32_t choose_first(struct planner *p, const struct plan_climb *c)
{
	struct needs needs = { .n = 0 };

	for (size_t k = 0; k < c->n_level; k++)
		if (!add_need(&needs, p->places[c->level[k]].need_session) ||
		    p->nodes[c->level[k]].parent != p->nodes[c->level[0]].parent)
			return NOBODY;
	for (size_t k = 0; k < c->n_level; k++) {
		struct place *at = &p->places[c->level[k]];

		if (at->files == c->roots[0].key &&
		    can_visit(p, c->level[k], &needs, &at->need_session))
			return c->level[k];
	}
	return NOBODY;
}

static int begin_table(struct planner *p, struct plan_climb *c)
{
	uint32_t first;
	int rc = plan_climb(p, c);

	if (rc)
		return rc;
	first = choose_first(p, c);
	if (first == NOBODY)
		return plan_fail(p, c->roots[0].node,
			"pid %d shares a descriptor table, but no process in it can make all the others",
			p->nodes[c->roots[0].node].pid);
	p->places[first].unshares = true;
	make_siblings(p, first, c);
	return 0;
}

int plan_files(struct planner *p)
{
	struct plan_root *roots = arena_zalloc(p->arena, p->n * sizeof(*roots));
	uint32_t *level = arena_zalloc(p->arena, p->n * sizeof(*level));
	size_t n = 0, same;

	if (!roots || !level)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct place *at = &p->places[i];

		if (at->files != NOBODY && !is_served(p, i))
			roots[n++] = (struct plan_root){ at->files, at->depth, i };
	}
	plan_sort_roots(roots, n);
	for (size_t i = 0; i < n; i += same) {
		struct plan_climb c = { .roots = roots + i, .above = maker_of,
					.raise = ask_maker, .level = level };
		int rc;

		same = c.n_roots = plan_same_key(roots + i, n - i);
		rc = begin_table(p, &c);
		if (rc)
			return rc;
	}
	return 0;
}
