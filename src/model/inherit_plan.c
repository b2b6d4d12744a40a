/* SPDX-License-Identifier: Apache-2.0 */
/* inherit_plan.c - whose memory is made before whom it makes. */
#include <errno.h>

#include "arena.h"
#include "inherit.h"
#include "inherit_worth.h"
#include "plan.h"

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
