/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c - a bump allocator over chunks that are freed together. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "arena.h"
#include "fault.h"

/* Under AddressSanitizer every allocation is a block of its own, so that an
 * overrun is seen. */
#ifdef __SANITIZE_ADDRESS__
#define CHUNK_SIZE 0
#else
#define CHUNK_SIZE (64 * 1024)
#endif
#define ALIGNMENT 16
#define PAGE (size_t)4096
#define GROW_FIRST 8

struct block {
	_Alignas(ALIGNMENT) struct block *next;
};

struct arena {
	struct block *blocks;
	char *free;		/* in the newest chunk */
	size_t left;
	struct arena *children, *sibling;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

struct arena *arena_child(struct arena *a)
{
	struct arena *child = arena_new();

	if (child) {
		child->sibling = a->children;
		a->children = child;
	}
	return child;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	while (a->children) {
		struct arena *child = a->children;

		a->children = child->sibling;
		arena_free(child);
	}
	while (a->blocks) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
	free(a);
}

static void *new_block(struct arena *a, size_t size)
{
	struct block *b = malloc(sizeof(*b) + size);

	if (!b)
		return NULL;
	b->next = a->blocks;
	a->blocks = b;
	return b + 1;
}

/* All pages of a chunk at once cost as much as the faults of a few. Older
 * kernels do not know how (Linux 5.14), which does no harm. */
static void populate(char *chunk, size_t size)
{
	char *first = (char *)(((uintptr_t)chunk + PAGE - 1) & -PAGE);

	if (size >= 2 * PAGE)
		madvise(first, (size_t)(chunk + size - first) & -PAGE, MADV_POPULATE_WRITE);
}

static void *arena_alloc(struct arena *a, size_t size)
{
	char *p;

	if (size > PTRDIFF_MAX - 2 * ALIGNMENT || fault(FAULT_ALLOC))
		return NULL;
	if (size > CHUNK_SIZE / 4)
		return new_block(a, size);
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (size > a->left) {
		p = new_block(a, CHUNK_SIZE);
		if (!p)
			return NULL;
		populate(p, CHUNK_SIZE);
		a->free = p;
		a->left = CHUNK_SIZE;
	}
	p = a->free;
	a->free += size;
	a->left -= size;
	return p;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	/* An object of size 0 has an address of its own, too. */
	void *p = arena_alloc(a, size ? size : 1);

	return p ? memset(p, 0, size) : NULL;
}

void *arena_memdup(struct arena *a, const void *from, size_t size)
{
	void *p = arena_alloc(a, size ? size : 1);

	if (p && size)
		memcpy(p, from, size);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s) + 1);
}

char *arena_strndup(struct arena *a, const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	char *p = arena_alloc(a, len + 1);

	if (!p)
		return NULL;
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p = NULL;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len >= 0)
		p = arena_alloc(a, (size_t)len + 1);
	if (p)
		vsnprintf(p, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return p;
}

/* No capacity is kept anywhere: it is GROW_FIRST, or else the power of two
 * at or above n, so the array is full exactly when n is such a number. */
void *arena_grow(struct arena *a, void *list, size_t n, size_t size)
{
	size_t bytes, room = n ? 2 * n : GROW_FIRST;
	void **array = list;
	char *bigger;

	if (!n || (n >= GROW_FIRST && !(n & (n - 1)))) {
		if (n > SIZE_MAX / 2 || __builtin_mul_overflow(room, size, &bytes))
			return NULL;
		bigger = arena_alloc(a, bytes);
		if (!bigger)
			return NULL;
		if (n)
			memcpy(bigger, *array, n * size);
		*array = bigger;
	}
	return memset((char *)*array + n * size, 0, size);
}

static void *protobuf_alloc(void *a, size_t size)
{
	return arena_alloc(a, size ? size : 1);
}

static void protobuf_free(void *a, void *p)
{
	(void)a;
	(void)p;	/* goes with the arena */
}

ProtobufCAllocator arena_protobuf(struct arena *a)
{
	return (ProtobufCAllocator){
		.alloc = protobuf_alloc, .free = protobuf_free, .allocator_data = a,
	};
}
