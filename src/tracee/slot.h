/* SPDX-License-Identifier: Apache-2.0 */
/* slot.h - one task's share of the scratch: context, calls, data.
 *
 *	0        CTX_SIZE                                            size
 *	| context | entry 0 | entry 1 | ...  ->   free   <-  ... data |
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner.h"

struct tracee;

struct remote_slot {
	struct remote *owner;	/* NULL: a slot of the stub */
	uint64_t code;		/* the runner, as the task sees it */
	uint64_t va;		/* the slot, likewise */
	unsigned char *local;	/* a copy here, or, with the stub, the slot itself */
	size_t size;
	size_t calls;		/* entries asked for, or made by the last run */
	size_t data;		/* offset of the lowest data byte */
	uint64_t trampoline;
	bool ran;		/* what is there has been run: the next call begins anew */
	bool ended;		/* its run has ended, and the task is still there */
	bool closed;		/* not writable yet: the runner is to see to that first */
	unsigned char *unwritten;	/* while it is closed: the code, which goes there with the first calls */
	size_t unwritten_len;
	bool stub;
};

static inline struct runner_context *slot_context(const struct remote_slot *s)
{
	return (struct runner_context *)s->local;
}

static inline struct runner_entry *slot_entry(const struct remote_slot *s, size_t n)
{
	return (struct runner_entry *)(s->local + CTX_SIZE) + n;
}

static inline size_t slot_entries_end(const struct remote_slot *s)
{
	return CTX_SIZE + s->calls * ENTRY_SIZE;
}

/* The slots of `which` of these tasks, all of one address space, with as few calls as can be:
 * to the tasks, or back. Those of the stub are here already. 0 or -errno. */
int slots_copy(struct tracee *const *ts, size_t n, bool (*which)(const struct tracee *t), bool to_task);
