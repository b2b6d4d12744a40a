/* SPDX-License-Identifier: Apache-2.0 */
/* load_parts.h - the loader's three parts, and what they share; for load*.c alone. */
#pragma once
#include <stdbool.h>
#include <errno.h>
#include "arena.h"
#include "load.h"

#define LOAD_PAGE UINT64_C(4096)
#define LOAD_PID_MAX (UINT32_C(1) << 22)	/* PID_MAX_LIMIT of linux/threads.h */
#define LOAD_ADDRESS_END UINT64_C(0x7ffffffff000)	/* TASK_SIZE_MAX, four levels of page tables */

struct loader {
	struct arena *mem;
	struct checkpoint *c;
	const char *part;
	size_t record;		/* the one being looked at, from 1; 0: none */
	const char **why;
};

/* In this order: each refers to those before it only. */
int load_files(struct loader *l, FileRecord **records, size_t n);
int load_mms(struct loader *l, MmRecord **records, size_t n);
int load_tree(struct loader *l, TreeRecord **records, size_t n);

/* load_task.c: what a task has of its own. */
int load_check_task(struct loader *l, const Task *t);
int load_check_queue(struct loader *l, QueuedSignal *const *queue, size_t n);

#define LOAD_GROUPS_MAX 2000	/* a restore hands them over in one slot, see task_creds.c */

/* Sets *why to "tree: record 5: <sentence>", returns -EBADMSG. */
int load_bad(struct loader *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int load_nomem(struct loader *l);

/* 0 if `id` can be given to a new object. */
int load_check_id(struct loader *l, uint32_t id, size_t n_ids, bool taken, const char *what);

/* Put el into the array by its id. */
#define LOAD_PUT(l, table, n_ids, id, el, what) ({				\
	uint32_t id_ = (id);							\
	int err_ = load_check_id((l), id_, (n_ids),				\
				 id_ < (n_ids) && (table)[id_], (what));	\
	if (!err_)								\
		(table)[id_] = (el);						\
	err_; })

#define LOADED(table, n_ids, id) ((id) && (id) < (n_ids) && (table)[id])
