/* SPDX-License-Identifier: Apache-2.0 */
/* restore_stub.c - a place for the stub, where no layout of the tree has anything. */
#include <errno.h>
#include <stdlib.h>

#include "arch.h"
#include "ranges.h"
#include "remote.h"
#include "restore_state.h"

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int collect(struct restore *r, struct ranges *ret)
{
	struct range *all = NULL;
	size_t n = 0;
	int err = 0;

	for (size_t id = 1; id < r->ck.n_mm_ids; id++)
		for (size_t i = 0; r->ck.mms[id] && i < r->ck.mms[id]->n_vmas; i++) {
			const Vma *v = r->ck.mms[id]->vmas[i].msg;
			struct range *place = ARENA_ADD(r->mem, all, n);

			if (!place)
				return -ENOMEM;
			*place = (struct range){ v->start, v->end };
		}
	if (n)
		qsort(all, n, sizeof(*all), by_start);
	for (size_t i = 0; err == 0 && i < n; i++)
		err = ranges_add(r->mem, ret, all[i].start, all[i].end);
	return err;
}

/* The first range that ends behind `start` is the one that could be in the way. */
static int is_free(void *context, uint64_t start, uint64_t end)
{
	const struct ranges *taken = context;
	size_t first = ranges_first(taken, start);

	return first == taken->n || taken->list[first].start >= end;
}

void restore_ask_unmap(const struct restore *r, struct tracee *t)
{
	const uint64_t after = r->stub.end;

	remote_ask(t, REMOTE_REQUIRED, 0, SYS_munmap, REMOTE_ARGS(0, r->stub.start));
	remote_ask(t, REMOTE_REQUIRED, 0, SYS_munmap, REMOTE_ARGS(after, ARCH_TASK_SIZE - after));
}

int restore_map_stub(struct restore *r)
{
	struct ranges taken = { 0 };
	int err = collect(r, &taken);

	if (err == 0)
		err = stub_map(r->plan.n_nodes + r->ck.n_tasks, is_free, &taken, &r->stub);
	return err < 0 ? fail(&r->at, err, "cannot map the stub") : 0;
}
