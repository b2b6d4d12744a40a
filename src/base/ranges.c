/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.c - stretches of addresses, in order. */
#include "ranges.h"

#include <errno.h>

#include "arena.h"
#include "cleanup.h"

int ranges_add(struct arena *a, struct ranges *to, uint64_t start, uint64_t end)
{
	struct range *last = to->n ? &to->list[to->n - 1] : NULL;

	if (last && last->end >= start) {
		last->end = MAX(last->end, end);
		return 0;
	}
	last = ARENA_ADD(a, to->list, to->n);
	if (!last)
		return -ENOMEM;
	*last = (struct range){ start, end };
	return 0;
}

size_t ranges_first(const struct ranges *r, uint64_t at)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->list[mid].end <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
