/* SPDX-License-Identifier: Apache-2.0 */
/* plan_steps.c - walks the tree of makers from the root and writes the steps down.
 *
 * What a node does, it does in one go, in an order that serves everyone it
 * makes: leave the common table, make those that need where it was born,
 * move, make the others. What has to wait for other nodes comes at the end.
 */
#include <errno.h>
#include "plan_internal.h"

struct writer {
	struct planner *p;
	struct plan_step *steps;
	size_t n;
	uint32_t *made_by, *first;	/* made_by[first[i]] to [first[i + 1] - 1]: i makes these */
	uint32_t *queue;		/* nodes in the order of their birth */
	size_t n_queue;
	uint32_t *late;			/* they join a group that is not there yet */
	size_t n_late;
	uint32_t *moving;		/* they lead a group with others in it, but end in another */
	size_t n_moving;
	size_t *members;		/* of each group, when all are made */
};

/* clone, unshare, two of setsid and setpgid, exit, reap */
#define MAX_STEPS 6

static struct plan_step *add(struct writer *w, enum plan_op op, uint32_t actor, uint32_t node)
{
	w->steps[w->n] = (struct plan_step){ .op = op, .actor = actor, .node = node };
	return &w->steps[w->n++];
}

static void add_clone(struct writer *w, uint32_t actor, uint32_t node)
{
	struct place *to = &w->p->places[node];

	add(w, PLAN_CLONE, actor, node)->as_sibling = actor != w->p->nodes[node].parent;
	to->now_session = to->now_group = OUTSIDE;
	if (actor != PLAN_CKPT) {
		to->now_session = w->p->places[actor].now_session;
		to->now_group = w->p->places[actor].now_group;
	}
}

static void add_setpgid(struct writer *w, uint32_t node, uint32_t group)
{
	add(w, PLAN_SETPGID, node, node)->pgid = (pid_t)w->p->pgids.key[group];
	w->p->places[node].now_group = group;
}

static bool is_early(const struct planner *p, uint32_t maker, uint32_t node)
{
	uint32_t s = p->places[node].need_session;

	return p->places[node].need_group || (s != ANY && s != p->places[maker].session);
}

static void make_children(struct writer *w, uint32_t i, bool early)
{
	for (uint32_t k = w->first[i]; k < w->first[i + 1]; k++) {
		uint32_t node = w->made_by[k];

		if (is_early(w->p, i, node) != early)
			continue;
		add_clone(w, i, node);
		w->queue[w->n_queue++] = node;
	}
}

/* The leader is dead: a child of the first member to come plays it. Not so if
 * it also led the session: who is born there has been preceded by the helper. */
static void play_group_leader(struct writer *w, uint32_t i)
{
	uint32_t g = w->p->places[i].group;
	uint32_t h = plan_helper(w->p, i, w->p->places[i].session, g, (pid_t)w->p->pgids.key[g]);

	add_clone(w, i, h);
	add_setpgid(w, h, g);
	w->p->groups[g].exists = true;
}

/* Does i lead a group that others end in, be it without i? */
static bool leads_group(const struct planner *p, uint32_t i, uint32_t *ret_group)
{
	*ret_group = plan_find(&p->pgids, (uint32_t)p->nodes[i].pid);
	return *ret_group != NOBODY && p->groups[*ret_group].member != NOBODY;
}

static void enter_group(struct writer *w, uint32_t i)
{
	struct planner *p = w->p;
	struct place *at = &p->places[i];
	struct group *group = &p->groups[at->group];
	uint32_t own;
	bool leads = leads_group(p, i, &own);

	if (leads) {
		add_setpgid(w, i, own);
		p->groups[own].exists = true;
	}
	if (at->now_group == at->group)
		return;
	if (group->leader == NOBODY && !group->exists)
		play_group_leader(w, i);
	if (leads)
		w->moving[w->n_moving++] = i;
	else if (group->exists)
		add_setpgid(w, i, at->group);
	else
		w->late[w->n_late++] = i;
}

static void visit(struct writer *w, uint32_t i)
{
	struct place *at = &w->p->places[i];

	if (at->unshares)
		add(w, PLAN_UNSHARE_FILES, i, i);
	make_children(w, i, true);
	if (plan_leads(w->p, i)) {
		add(w, PLAN_SETSID, i, i);
		at->now_session = at->session;
		at->now_group = at->group;
		w->p->groups[at->group].exists = true;
	} else {
		enter_group(w, i);
	}
	make_children(w, i, false);
}

/* A group lives as long as it has members (setpgid(2)), so its leader leaves
 * when someone else is in it: who waits for ever is in a circle of leaders. */
static int move_leaders(struct writer *w)
{
	struct planner *p = w->p;
	size_t ready = 0;

	for (size_t i = 0; i < p->n; i++)
		w->members[p->places[i].now_group]++;
	for (size_t i = 0; i < w->n_moving; i++)
		if (w->members[p->places[w->moving[i]].now_group] > 1)
			w->queue[ready++] = w->moving[i];
	for (size_t i = 0; i < ready; i++) {
		uint32_t node = w->queue[i], to = p->places[node].group;
		uint32_t leader = p->groups[to].leader;

		add_setpgid(w, node, to);
		if (++w->members[to] == 2 && leader != NOBODY && p->places[leader].group != to)
			w->queue[ready++] = leader;
	}
	for (size_t i = 0; i < w->n_moving; i++) {
		uint32_t node = w->moving[i];

		if (p->places[node].now_group != p->places[node].group)
			return plan_fail(p, node,
				"pid %d leads a group and must leave it for group %d, but no other process keeps it alive meanwhile",
				p->nodes[node].pid, p->nodes[node].pgid);
	}
	return 0;
}

static void end_helpers_and_zombies(struct writer *w)
{
	struct planner *p = w->p;

	for (uint32_t i = (uint32_t)p->n_given; i < p->n; i++) {
		add(w, PLAN_EXIT, i, i);
		add(w, PLAN_REAP, p->nodes[i].parent, i);
	}
	for (uint32_t i = 0; i < p->n_given; i++)
		if (p->nodes[i].zombie)
			add(w, PLAN_EXIT, i, i);
}

static int make_lists(struct writer *w)
{
	struct planner *p = w->p;
	size_t room = 3 * p->n_given;

	w->steps = arena_zalloc(p->arena, MAX_STEPS * room * sizeof(*w->steps));
	w->made_by = arena_zalloc(p->arena, p->n * sizeof(uint32_t));
	w->first = arena_zalloc(p->arena, (p->n + 2) * sizeof(uint32_t));
	w->queue = arena_zalloc(p->arena, p->n * sizeof(uint32_t));
	w->late = arena_zalloc(p->arena, p->n * sizeof(uint32_t));
	w->moving = arena_zalloc(p->arena, p->n * sizeof(uint32_t));
	w->members = arena_zalloc(p->arena, p->pgids.n * sizeof(size_t));
	return w->steps && w->made_by && w->first && w->queue && w->late && w->moving &&
		w->members ? 0 : -ENOMEM;
}

/* Counting sort by maker; within one maker the order of the input. */
static void sort_by_maker(struct writer *w)
{
	struct planner *p = w->p;

	for (size_t i = 1; i < p->n; i++)
		w->first[p->places[i].maker + 2]++;
	for (size_t i = 2; i < p->n + 2; i++)
		w->first[i] += w->first[i - 1];
	for (uint32_t i = 1; i < p->n; i++)
		w->made_by[w->first[p->places[i].maker + 1]++] = i;
}

int plan_steps(struct planner *p, struct plan *ret)
{
	struct writer w = { .p = p };
	int rc = make_lists(&w);

	if (rc)
		return rc;
	sort_by_maker(&w);
	add_clone(&w, PLAN_CKPT, 0);
	w.queue[w.n_queue++] = 0;
	for (size_t i = 0; i < w.n_queue; i++)
		visit(&w, w.queue[i]);
	for (size_t i = 0; i < w.n_late; i++)
		add_setpgid(&w, w.late[i], p->places[w.late[i]].group);
	rc = move_leaders(&w);
	if (rc)
		return rc;
	end_helpers_and_zombies(&w);
	*ret = (struct plan){ p->nodes, p->n, w.steps, w.n };
	return 0;
}
