/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory that lives exactly as long as one dump or one restore.
 *
 * Facts and messages are allocated here and freed together, so nothing that
 * holds them needs a destructor. An arena belongs to one thread at a time.
 * Every allocation is aligned for any type. NULL means out of memory.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);	/* NULL is fine */
static inline void arena_freep(struct arena **a) { arena_free(*a); }

/* An arena that is freed with `a`: for a thread that works for the owner of a. */
struct arena *arena_child(struct arena *a);

void *arena_zalloc(struct arena *a, size_t size);
void *arena_memdup(struct arena *a, const void *from, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t max);
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Make room for one more element at the end of the array *list of n elements
 * of `size` bytes; it doubles as it grows. Returns the new, zeroed element;
 * the caller counts. */
void *arena_grow(struct arena *a, void *list, size_t n, size_t size);

/* ARENA_ADD(a, array, n): a new zeroed element at the end; n is counted up. */
#define ARENA_ADD(a, list, n) ({						\
	__typeof__(&(list)[0]) el_ = arena_grow((a), &(list), (n), sizeof((list)[0]));	\
	if (el_)								\
		(n)++;								\
	el_; })

/* The allocator to unpack protobuf messages with: they live in the arena. */
ProtobufCAllocator arena_protobuf(struct arena *a);

/* A new message of a type, initialised: ARENA_MSG(a, Inventory, inventory). */
#define ARENA_MSG(a, type, name) ({						\
	type *msg_ = arena_zalloc((a), sizeof(*msg_));				\
	if (msg_)								\
		name##__init(msg_);						\
	msg_; })
