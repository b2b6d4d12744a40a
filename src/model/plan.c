/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - the planner: its parts one after the other, and what they have in common. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "plan_internal.h"

#define WHY_MAX 256

int plan_fail(struct planner *p, uint32_t node, const char *fmt, ...)
{
	char text[WHY_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*p->why = arena_strdup(p->arena, text);
	if (p->ret_node)
		*p->ret_node = node;
	return *p->why ? -EINVAL : -ENOMEM;
}

uint32_t plan_find(const struct ids *ids, uint32_t key)
{
	size_t low = 0, high = ids->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ids->key[mid] < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low < ids->n && ids->key[low] == key ? (uint32_t)low : NOBODY;
}

bool plan_leads(const struct planner *p, uint32_t node)
{
	return p->sessions[p->places[node].session].leader == node;
}

uint32_t plan_helper(struct planner *p, uint32_t parent, uint32_t session, uint32_t group,
		     pid_t pid)
{
	uint32_t h = (uint32_t)p->n++;

	p->nodes[h] = (struct plan_node){
		.pid = pid, .parent = parent, .pgid = pid, .helper = true,
		.sid = (pid_t)p->sids.key[session],
		.session_outside = session == OUTSIDE,
	};
	p->places[h] = (struct place){
		.session = session, .group = group, .files = NOBODY,
		.need_session = ANY, .need_files = ANY, .maker = parent,
	};
	return h;
}

/* A helper plays a session or a group, so there are no more than these. */
static int make_room(struct planner *p, const struct plan_node *nodes, size_t n)
{
	size_t room;

	if (n > PLAN_CKPT / 4)
		return -E2BIG;
	room = 3 * n;
	p->nodes = arena_zalloc(p->arena, room * sizeof(*p->nodes));
	p->places = arena_zalloc(p->arena, room * sizeof(*p->places));
	if (!p->nodes || !p->places)
		return -ENOMEM;
	memcpy(p->nodes, nodes, n * sizeof(*nodes));
	p->n = p->n_given = n;
	return 0;
}

int plan_tree(struct arena *a, const struct plan_node *nodes, size_t n,
	      struct plan *ret, const char **why, size_t *ret_node)
{
	static int (*const parts[])(struct planner *) = {
		plan_check, plan_births, plan_makers, plan_files,
	};
	struct planner p = { .arena = a, .why = why, .ret_node = ret_node };
	int rc;

	*why = NULL;
	if (!n)
		return plan_fail(&p, 0, "there is no process to make");
	rc = make_room(&p, nodes, n);
	for (size_t i = 0; !rc && i < sizeof(parts) / sizeof(parts[0]); i++)
		rc = parts[i](&p);
	return rc ? rc : plan_steps(&p, ret);
}
