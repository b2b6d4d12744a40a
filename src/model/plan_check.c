/* SPDX-License-Identifier: Apache-2.0 */
/* plan_check.c - is it a tree of processes that Linux could have had, and who leads what. */
#include <errno.h>
#include <stdlib.h>
#include "plan_internal.h"

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_unique(struct ids *ids)
{
	size_t out = 0;

	qsort(ids->key, ids->n, sizeof(*ids->key), by_number);
	for (size_t i = 0; i < ids->n; i++)
		if (!out || ids->key[out - 1] != ids->key[i])
			ids->key[out++] = ids->key[i];
	ids->n = out;
}

static int check_parent(struct planner *p, uint32_t i)
{
	const struct plan_node *node = &p->nodes[i];

	if (!i)
		return node->parent == PLAN_CKPT ? 0 :
			plan_fail(p, i, "pid %d is first and thus the root, but has a parent", node->pid);
	if (node->parent == PLAN_CKPT)
		return plan_fail(p, i, "pid %d has no parent in the tree, whose root is pid %d",
				 node->pid, p->nodes[0].pid);
	if (node->parent >= i)
		return plan_fail(p, i, "pid %d does not come after its parent: a bad order or a cycle",
				 node->pid);
	if (p->nodes[node->parent].zombie)
		return plan_fail(p, i, "pid %d is a child of pid %d, but zombies have no children",
				 node->pid, p->nodes[node->parent].pid);
	return 0;
}

static int check_numbers(struct planner *p, uint32_t i)
{
	struct plan_node *node = &p->nodes[i];

	node->helper = false;
	if (node->pid <= 0)
		return plan_fail(p, i, "%d is no pid", node->pid);
	if (!node->session_outside && node->sid <= 0)
		return plan_fail(p, i, "pid %d: %d is no session", node->pid, node->sid);
	if (!node->pgrp_outside && node->pgid <= 0)
		return plan_fail(p, i, "pid %d: %d is no process group", node->pid, node->pgid);
	if (node->pgrp_outside && !node->session_outside)
		return plan_fail(p, i, "pid %d cannot be in session %d and in a group outside of it",
				 node->pid, node->sid);
	if (node->session_outside && node->sid == node->pid)
		return plan_fail(p, i, "pid %d leads its session, which can thus not be outside",
				 node->pid);
	/* setpgid(2): EPERM for a session leader, which so stays in its first group */
	if (node->sid == node->pid && node->pgid != node->pid)
		return plan_fail(p, i, "pid %d leads its session but is in group %d",
				 node->pid, node->pgid);
	return 0;
}

static int index_pids(struct planner *p)
{
	p->pids.n = p->n;
	p->pids.key = arena_zalloc(p->arena, p->n * sizeof(uint32_t));
	p->node_of = arena_zalloc(p->arena, p->n * sizeof(uint32_t));
	if (!p->pids.key || !p->node_of)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		p->pids.key[i] = (uint32_t)p->nodes[i].pid;
		p->node_of[i] = NOBODY;
	}
	sort_unique(&p->pids);
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t *slot = &p->node_of[plan_find(&p->pids, (uint32_t)p->nodes[i].pid)];

		if (*slot != NOBODY)
			return plan_fail(p, i, "pid %d is there twice", p->nodes[i].pid);
		*slot = i;
	}
	return 0;
}

static uint32_t node_with(const struct planner *p, uint32_t pid)
{
	uint32_t at = plan_find(&p->pids, pid);

	return at == NOBODY ? NOBODY : p->node_of[at];
}

static uint32_t sid_of(const struct plan_node *node)
{
	return node->session_outside ? 0 : (uint32_t)node->sid;
}

static uint32_t pgid_of(const struct plan_node *node)
{
	return node->pgrp_outside ? 0 : (uint32_t)node->pgid;
}

/* 0 stands for what is outside, so it comes first in both lists. Each session
 * has a group of the same number, at least while its leader lives. */
static int index_ids(struct planner *p)
{
	p->sids.key = arena_zalloc(p->arena, (p->n + 1) * sizeof(uint32_t));
	p->pgids.key = arena_zalloc(p->arena, (2 * p->n + 1) * sizeof(uint32_t));
	p->sids.n = p->pgids.n = 1;
	if (!p->sids.key || !p->pgids.key)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		p->sids.key[p->sids.n++] = sid_of(&p->nodes[i]);
		p->pgids.key[p->pgids.n++] = sid_of(&p->nodes[i]);
		p->pgids.key[p->pgids.n++] = pgid_of(&p->nodes[i]);
	}
	sort_unique(&p->sids);
	sort_unique(&p->pgids);
	p->sessions = arena_zalloc(p->arena, p->sids.n * sizeof(*p->sessions));
	p->groups = arena_zalloc(p->arena, p->pgids.n * sizeof(*p->groups));
	return p->sessions && p->groups ? 0 : -ENOMEM;
}

/* A table matters if two live processes share it. */
static int index_tables(struct planner *p)
{
	size_t *users;

	p->tables.key = arena_zalloc(p->arena, p->n * sizeof(uint32_t));
	if (!p->tables.key)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++)
		if (!p->nodes[i].zombie && p->nodes[i].files)
			p->tables.key[p->tables.n++] = p->nodes[i].files;
	sort_unique(&p->tables);
	users = arena_zalloc(p->arena, p->tables.n * sizeof(*users));
	if (!users)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		p->places[i].files = p->nodes[i].zombie ? NOBODY :
			plan_find(&p->tables, p->nodes[i].files);
		if (p->places[i].files != NOBODY)
			users[p->places[i].files]++;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct place *at = &p->places[i];

		if (at->files != NOBODY && users[at->files] < 2)
			at->files = NOBODY;
		at->need_files = at->files;
	}
	return 0;
}

static int find_session_leaders(struct planner *p)
{
	p->sessions[OUTSIDE].leader = NOBODY;
	for (uint32_t s = 1; s < p->sids.n; s++) {
		uint32_t leader = node_with(p, p->sids.key[s]);

		p->sessions[s].leader = leader;
		p->sessions[s].dead = leader == NOBODY;
		if (leader != NOBODY && p->places[leader].session != s)
			return plan_fail(p, leader,
				"pid %d is in session %d, but others are in a session %d that only it could lead",
				p->nodes[leader].pid, p->nodes[leader].sid, p->nodes[leader].pid);
	}
	return 0;
}

static int join_group(struct planner *p, uint32_t i)
{
	const struct plan_node *node = &p->nodes[i];
	struct group *g = &p->groups[p->places[i].group];

	if (g->member == NOBODY) {
		g->member = i;
		g->session = p->places[i].session;
	} else if (g->session != p->places[i].session) {
		return plan_fail(p, i, "pid %d and pid %d are in group %d, but not in one session",
				 p->nodes[g->member].pid, node->pid, node->pgid);
	}
	return 0;
}

/* A group is in the session that its leader was in when it made it, and the
 * leader can change session neither with the group behind it nor later. */
static int check_group(struct planner *p, uint32_t g)
{
	struct group *group = &p->groups[g];
	uint32_t pgid = p->pgids.key[g], member = group->member;
	uint32_t session = plan_find(&p->sids, pgid);

	group->leader = node_with(p, pgid);
	if (member == NOBODY)
		return 0;
	if (session != NOBODY && group->session != session)
		return plan_fail(p, member, "pid %d is in group %u, but not in session %u",
				 p->nodes[member].pid, pgid, pgid);
	if (group->leader == NOBODY)
		return 0;
	if (p->places[group->leader].session != group->session)
		return plan_fail(p, group->leader,
			"pid %d, leader of a group with pid %d in it, is not in the session of that group",
			p->nodes[group->leader].pid, p->nodes[member].pid);
	if (p->nodes[group->leader].pgrp_outside)
		return plan_fail(p, group->leader,
			"pid %d leads a group with pid %d in it, but is back in a group outside the tree",
			p->nodes[group->leader].pid, p->nodes[member].pid);
	return 0;
}

static int find_groups(struct planner *p)
{
	int rc = 0;

	for (size_t g = 0; g < p->pgids.n; g++)
		p->groups[g] = (struct group){ .leader = NOBODY, .member = NOBODY };
	for (uint32_t i = 0; !rc && i < p->n; i++)
		rc = join_group(p, i);
	for (uint32_t g = 1; !rc && g < p->pgids.n; g++)
		rc = check_group(p, g);
	return rc;
}

static void place_nodes(struct planner *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_node *node = &p->nodes[i];
		struct place *at = &p->places[i];

		at->session = plan_find(&p->sids, sid_of(node));
		at->group = plan_find(&p->pgids, pgid_of(node));
		at->need_session = sid_of(node) == (uint32_t)node->pid ? ANY : at->session;
		at->need_group = node->pgrp_outside;
		at->depth = i ? p->places[node->parent].depth + 1 : 0;
	}
}

int plan_check(struct planner *p)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < p->n; i++) {
		rc = check_parent(p, i);
		if (!rc)
			rc = check_numbers(p, i);
	}
	if (!rc)
		rc = index_pids(p);
	if (!rc)
		rc = index_ids(p);
	if (!rc)
		rc = index_tables(p);
	if (rc)
		return rc;
	place_nodes(p);
	rc = find_session_leaders(p);
	return rc ? rc : find_groups(p);
}
