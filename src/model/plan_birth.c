/* SPDX-License-Identifier: Apache-2.0 */
/* plan_birth.c - in which session each process must be born, and who makes it there.
 *
 * A process that leads no session is born in the one it ends in. A leader may
 * be born anywhere, unless one of its children has to be made before its
 * setsid(2): then it must itself be born in the session that child is in, and
 * so on upwards.
 */
#include <errno.h>
#include <stdlib.h>
#include "plan_internal.h"

static uint32_t parent_of(const struct planner *p, uint32_t i)
{
	return p->nodes[i].parent;
}

/* Can i be born where it must be, without asking anything of its parent? */
static bool is_served(const struct planner *p, uint32_t i)
{
	uint32_t s = p->places[i].need_session, parent = parent_of(p, i);
	uint32_t leader;

	if (s == ANY)
		return true;
	if (parent == PLAN_CKPT)
		return s == OUTSIDE;
	leader = p->sessions[s].leader;
	return p->places[parent].session == s ||
		(leader != NOBODY && parent_of(p, leader) == parent);
}

static int fail_root(struct planner *p, uint32_t i)
{
	return plan_fail(p, i,
		"pid %d, the root of the tree, is in session %u, whose leader is not in the tree above it",
		p->nodes[i].pid, p->sids.key[p->places[i].need_session]);
}

/* Neither the parent of i nor a sibling can ever have been in that session:
 * an orphan, mostly, whose maker has died. */
static int fail_birth(struct planner *p, uint32_t i)
{
	const struct plan_node *node = &p->nodes[i];
	const struct place *at = &p->places[i];
	bool ends_there = at->session == at->need_session;

	return plan_fail(p, i,
		"pid %d %s %s %d, but is a child of pid %d, which cannot have been in it, and has no sibling to lead it",
		node->pid, ends_there ? "is in" : "was born in",
		at->need_session == OUTSIDE ? "a session outside the tree:" : "session",
		ends_there ? node->sid : (pid_t)p->sids.key[at->need_session],
		p->nodes[node->parent].pid);
}

/* The parent of i must be born in the session that i needs, to make i before
 * its own setsid. 1 if that is new, so that the parent may in turn have to ask. */
static int ask_parent(struct planner *p, uint32_t i)
{
	uint32_t s = p->places[i].need_session, parent = parent_of(p, i);
	struct place *at;

	if (parent == PLAN_CKPT)
		return fail_root(p, i);
	at = &p->places[parent];
	if (at->need_session == s)
		return 0;
	if (!plan_leads(p, parent) || (parent_of(p, parent) == PLAN_CKPT && s != OUTSIDE))
		return fail_birth(p, i);
	if (at->need_session != ANY)
		return plan_fail(p, parent,
			"pid %d has children in sessions %u and %u (0: outside the tree), but was born in one only",
			p->nodes[parent].pid, p->sids.key[at->need_session], p->sids.key[s]);
	at->need_session = s;
	return 1;
}

/* Children come after their parents: backwards, every need is known in time. */
static int ask_for_live_sessions(struct planner *p)
{
	for (uint32_t i = (uint32_t)p->n; i-- > 0;) {
		uint32_t s = p->places[i].need_session;
		int rc;

		if (s == ANY || p->sessions[s].dead || is_served(p, i))
			continue;
		rc = ask_parent(p, i);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int deepest_first(const void *a, const void *b)
{
	const struct plan_root *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth > y->depth ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

void plan_sort_roots(struct plan_root *roots, size_t n)
{
	qsort(roots, n, sizeof(*roots), deepest_first);
}

size_t plan_same_key(const struct plan_root *roots, size_t n)
{
	size_t i = 1;

	while (i < n && roots[i].key == roots[0].key)
		i++;
	return i;
}

static bool all_siblings(const struct planner *p, const struct plan_climb *c)
{
	for (size_t i = 1; i < c->n_level; i++)
		if (c->above(p, c->level[i]) != c->above(p, c->level[0]))
			return false;
	return true;
}

static int climb_level(struct planner *p, struct plan_climb *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_level; i++) {
		uint32_t node = c->level[i], above = c->above(p, node);
		int rc = c->raise(p, node);

		if (rc < 0)
			return rc;
		if (rc > 0)
			c->level[n++] = above;
	}
	c->n_level = n;
	return 0;
}

/* Each node is raised to once at most, so this is linear over all calls. The
 * topmost node of a key is always still ahead or in the level. */
int plan_climb(struct planner *p, struct plan_climb *c)
{
	size_t next = 0;

	c->n_level = 0;
	for (uint32_t depth = c->roots[0].depth;; depth--) {
		int rc;

		while (next < c->n_roots && c->roots[next].depth == depth)
			c->level[c->n_level++] = c->roots[next++].node;
		if (next == c->n_roots && all_siblings(p, c))
			return 0;
		rc = climb_level(p, c);
		if (rc)
			return rc;
	}
}

/* The leader is dead. Those who must be born in its session, and whose parent
 * is not in it, are made by a helper that plays the leader as their sibling. */
static int play_leader(struct planner *p, struct plan_climb *c)
{
	uint32_t s = c->roots[0].key, parent, group;
	int rc = plan_climb(p, c);

	if (rc)
		return rc;
	parent = parent_of(p, c->level[0]);
	if (parent == PLAN_CKPT)
		return fail_root(p, c->level[0]);
	group = plan_find(&p->pgids, p->sids.key[s]);
	p->sessions[s].leader = plan_helper(p, parent, s, group, (pid_t)p->sids.key[s]);
	return 0;
}

static int play_dead_leaders(struct planner *p)
{
	struct plan_root *roots = arena_zalloc(p->arena, p->n * sizeof(*roots));
	uint32_t *level = arena_zalloc(p->arena, p->n * sizeof(*level));
	size_t n = 0, same;

	if (!roots || !level)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n; i++) {
		const struct place *at = &p->places[i];

		if (p->sessions[at->session].dead && !is_served(p, i))
			roots[n++] = (struct plan_root){ at->session, at->depth, i };
	}
	plan_sort_roots(roots, n);
	for (size_t i = 0; i < n; i += same) {
		struct plan_climb c = { .roots = roots + i, .above = parent_of,
					.raise = ask_parent, .level = level };
		int rc;

		same = c.n_roots = plan_same_key(roots + i, n - i);
		rc = play_leader(p, &c);
		if (rc)
			return rc;
	}
	return 0;
}

/* Whoever is to be born in ckpt's group has only parents that were in it:
 * none enters it later, as its number is not known. */
static void ask_for_group(struct planner *p)
{
	for (uint32_t i = (uint32_t)p->n_given; i-- > 1;)
		if (p->places[i].need_group)
			p->places[parent_of(p, i)].need_group = true;
}

int plan_births(struct planner *p)
{
	int rc = ask_for_live_sessions(p);

	if (!rc)
		rc = play_dead_leaders(p);
	ask_for_group(p);
	return rc;
}

static uint32_t find_maker(const struct planner *p, uint32_t i)
{
	uint32_t s = p->places[i].need_session, parent = parent_of(p, i), leader;

	if (parent == PLAN_CKPT || s == ANY || p->places[parent].session == s)
		return parent;
	leader = p->sessions[s].leader;
	if (leader != NOBODY && parent_of(p, leader) == parent)
		return leader;
	return parent;
}

/* How far each node is from the root by way of its makers. A chain of makers
 * that does not end in ckpt is a circle. */
static int measure(struct planner *p, uint32_t *path)
{
	enum { UNKNOWN = UINT32_MAX, ON_PATH = UINT32_MAX - 1 };

	for (uint32_t i = 0; i < p->n; i++)
		p->places[i].depth = UNKNOWN;
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t at = i, len = 0, depth = 0;

		for (; at != PLAN_CKPT && p->places[at].depth == UNKNOWN; at = p->places[at].maker) {
			p->places[at].depth = ON_PATH;
			path[len++] = at;
		}
		if (at != PLAN_CKPT && p->places[at].depth == ON_PATH)
			return plan_fail(p, at,
				"pid %d would have to be born in session %u, which can only begin after it",
				p->nodes[at].pid, p->sids.key[p->places[at].need_session]);
		if (at != PLAN_CKPT)
			depth = p->places[at].depth + 1;
		while (len)
			p->places[path[--len]].depth = depth++;
	}
	return 0;
}

int plan_makers(struct planner *p)
{
	uint32_t *path = arena_zalloc(p->arena, p->n * sizeof(*path));

	if (!path)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n; i++)
		p->places[i].maker = find_maker(p, i);
	return measure(p, path);
}
