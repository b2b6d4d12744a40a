/* SPDX-License-Identifier: Apache-2.0 */
/* proc_mangle.h - feeds a parser broken forms of a good text.
 *
 * Every text ends right before an inaccessible page, so that a parser that
 * looks behind the end dies, with sanitizers or without.
 */
#pragma once
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "arena.h"

typedef int parse_fn(struct arena *a, const char *text, size_t len);

#define MANGLE_ROOM ((size_t)64 << 10)

struct mangle { char *end; parse_fn *fn; };

static inline struct mangle mangle_new(parse_fn *fn)
{
	char *p = mmap(NULL, MANGLE_ROOM + 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + MANGLE_ROOM, 4096, PROT_NONE), 0);
	return (struct mangle){ p + MANGLE_ROOM, fn };
}

static inline void mangle_free(struct mangle *m)
{
	munmap(m->end - MANGLE_ROOM, MANGLE_ROOM + 4096);
}

static inline int mangle_call(struct mangle *m, size_t len)
{
	struct arena *a = arena_new();
	int r;

	assert_non_null(a);
	r = m->fn(a, m->end - len, len);
	arena_free(a);
	if (r && r != -EINVAL)
		fail_msg("%d instead of 0 or -EINVAL", r);
	return r;
}

/* A text that ends inside a line was cut: no parser takes it. */
static inline void mangle_cut(struct mangle *m, const char *text, size_t len)
{
	for (size_t cut = 0; cut < len; cut++) {
		int r;

		memcpy(m->end - cut, text, cut);
		r = mangle_call(m, cut);
		if (!r && cut && text[cut - 1] != '\n')
			fail_msg("accepted when cut to %zu bytes", cut);
	}
}

static inline void mangle_flip(struct mangle *m, const char *text, size_t len)
{
	static const char odd[] = { 0, '\n', ' ', '9', ')', (char)0xff };
	char *copy = m->end - len;

	memcpy(copy, text, len);
	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			copy[i] = (char)(text[i] ^ 1 << bit);
			mangle_call(m, len);
		}
		for (size_t k = 0; k < sizeof(odd); k++) {
			copy[i] = odd[k];
			mangle_call(m, len);
		}
		copy[i] = text[i];
	}
}

/* Every number in turn becomes one that fits nowhere. */
static inline void mangle_numbers(struct mangle *m, const char *text, size_t len)
{
	static const char huge[] = "99999999999999999999999";
	size_t n_huge = sizeof(huge) - 1;

	for (size_t i = 0, n; i < len; i += n + 1) {
		char *to;

		n = strspn(text + i, "0123456789");
		if (!n)
			continue;
		to = m->end - (len - n + n_huge);
		memcpy(to, text, i);
		memcpy(to + i, huge, n_huge);
		memcpy(to + i + n_huge, text + i + n, len - i - n);
		mangle_call(m, len - n + n_huge);
	}
}

static inline void mangle(const char *text, parse_fn *fn)
{
	struct mangle m = mangle_new(fn);
	size_t len = strlen(text);

	assert_in_range(len, 1, MANGLE_ROOM - 64);
	memcpy(m.end - len, text, len);
	assert_int_equal(mangle_call(&m, len), 0);
	mangle_cut(&m, text, len);
	mangle_flip(&m, text, len);
	mangle_numbers(&m, text, len);
	mangle_free(&m);
}

/* The text with the first `from` in it replaced; to be freed. */
static inline char *replaced(const char *text, const char *from, const char *to)
{
	size_t n_from = strlen(from), n_to = strlen(to), len = strlen(text);
	const char *at = strstr(text, from);
	char *out = malloc(len + n_to + 1);

	assert_non_null(at);
	assert_non_null(out);
	memcpy(out, text, at - text);
	memcpy(out + (at - text), to, n_to);
	strcpy(out + (at - text) + n_to, at + n_from);
	return out;
}
