/* SPDX-License-Identifier: Apache-2.0 */
/* inherit.h - what a process under restore has from the one that makes it.
 *
 * A child of fork(2) begins with its maker's memory, shared by copy-on-write. Where a
 * checkpoint says that two processes had pages in common (CHUNK_SOURCE_SHARED), the one is
 * made when the memory of the other is complete: it keeps what was the same, and only the
 * rest is mapped and filled. Pure: what to keep is worked out before any process is made.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "load.h"
#include "ranges.h"

struct arena;
struct plan;

struct inherit_vma {
	bool kept;		/* the mapping is there, just as it is to be up to `end`; then: */
	uint64_t end;		/* it is to be made longer from there on, if that is not its own end */
	bool *chunks;		/* by chunk: all its pages are there */
	struct ranges missing;	/* pages that are to be written */
};

struct inheritance {
	struct inherit_vma *vmas;	/* by index in the child's address space */
	bool fields;			/* what prctl(2) PR_SET_MM_MAP sets is the same */
	struct ranges unmap;	/* mappings of the maker that are not kept */
	struct ranges forget;	/* within those that are: pages that only the maker has */
};

/* Of a process with or without (NULL) something from its maker. */
static inline bool inherits_vma(const struct inheritance *i, size_t vma)
{
	return i && i->vmas[vma].kept;
}
static inline bool inherits_chunk(const struct inheritance *i, size_t vma, size_t chunk)
{
	return inherits_vma(i, vma) && i->vmas[vma].chunks[chunk];
}

/* Compare a maker's address space with that of what it makes. *ret: NULL, if there is too
 * little in common; the arena's. -ENOMEM. */
int inherit_compare(struct arena *a, const struct loaded_mm *maker, const struct loaded_mm *child, struct inheritance **ret);

/* (*ret_by_node)[i]: what node i of the plan has from its maker; NULL: nothing. Where it is
 * worth it that a maker's memory be made first, a step PLAN_FILL is added to the plan. mms[i]:
 * of node i, NULL: a zombie; of the first n nodes, the others are helpers. -ENOMEM. */
int inherit_plan(struct arena *a, struct plan *plan, const struct loaded_mm *const *mms, size_t n,
		 struct inheritance ***ret_by_node);
