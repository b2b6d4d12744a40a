/* SPDX-License-Identifier: Apache-2.0 */
/* restore_stub.c - a place for the stub, where no layout of the tree has anything. */
#include <errno.h>
#include <stdlib.h>

#include "restore_state.h"

struct range {
	uint64_t start, end;
};

/* Ascending, neither overlapping nor touching. */
struct ranges {
	struct range *list;
	size_t n;
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int collect(struct restore *r, struct ranges *ret)
{
	size_t out = 0;

	for (size_t id = 1; id < r->ck.n_mm_ids; id++)
		for (size_t i = 0; r->ck.mms[id] && i < r->ck.mms[id]->n_vmas; i++) {
			const Vma *v = r->ck.mms[id]->vmas[i].msg;
			struct range *place = ARENA_ADD(r->mem, ret->list, ret->n);

			if (!place)
				return -ENOMEM;
			*place = (struct range){ v->start, v->end };
		}
	if (ret->n)
		qsort(ret->list, ret->n, sizeof(*ret->list), by_start);
	for (size_t i = 0; i < ret->n; i++)
		if (out && ret->list[out - 1].end >= ret->list[i].start)
			ret->list[out - 1].end = ret->list[i].end > ret->list[out - 1].end ? ret->list[i].end :
											     ret->list[out - 1].end;
		else
			ret->list[out++] = ret->list[i];
	ret->n = out;
	return 0;
}

/* The first range that ends behind `start` is the one that could be in the way. */
static int is_free(void *context, uint64_t start, uint64_t end)
{
	const struct ranges *taken = context;
	size_t low = 0, high = taken->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (taken->list[mid].end <= start)
			low = mid + 1;
		else
			high = mid;
	}
	return low == taken->n || taken->list[low].start >= end;
}

int restore_map_stub(struct restore *r)
{
	struct ranges taken = { 0 };
	int err = collect(r, &taken);

	if (err == 0)
		err = stub_map(r->plan.n_nodes + r->ck.n_tasks, is_free, &taken, &r->stub);
	return err < 0 ? fail(&r->at, err, "cannot map the stub") : 0;
}
