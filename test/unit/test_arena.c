/* SPDX-License-Identifier: Apache-2.0 */
/* test_arena.c - the arena: alignment, growth, no two allocations in one place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "arena.h"
#include "tree.pb-c.h"

static void test_aligned_and_apart(void **state)
{
	struct arena *a = arena_new();
	unsigned char *p[600];

	(void)state;
	for (size_t i = 0; i < 600; i++) {
		p[i] = arena_zalloc(a, i * 37 % 4096);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		for (size_t b = 0; b < i * 37 % 4096; b++)
			assert_int_equal(p[i][b], 0);
		memset(p[i], (int)(i % 255 + 1), i * 37 % 4096);
	}
	for (size_t i = 0; i < 600; i++)
		for (size_t b = 0; b < i * 37 % 4096; b++)
			assert_int_equal(p[i][b], i % 255 + 1);
	arena_free(a);
	arena_free(NULL);
}

static void test_big(void **state)
{
	struct arena *a = arena_new();
	char *small = arena_strdup(a, "small"), *big = arena_zalloc(a, 10 << 20);

	(void)state;
	assert_non_null(big);
	memset(big, 1, 10 << 20);
	assert_string_equal(small, "small");
	assert_string_equal(arena_strdup(a, "after"), "after");
	arena_free(a);
}

static void test_too_big(void **state)
{
	struct arena *a = arena_new();
	uint64_t *list = NULL;

	(void)state;
	assert_null(arena_zalloc(a, SIZE_MAX));
	assert_null(arena_zalloc(a, SIZE_MAX - 15));
	assert_null(arena_zalloc(a, PTRDIFF_MAX));
	assert_null(arena_grow(a, &list, (size_t)1 << 63, 1));
	assert_null(arena_grow(a, &list, (size_t)1 << 61, sizeof(*list)));
	assert_null(list);
	arena_free(a);
}

static void test_strings(void **state)
{
	struct arena *a = arena_new();
	char *text;

	(void)state;
	assert_string_equal(arena_strdup(a, ""), "");
	assert_string_equal(arena_strndup(a, "truncated", 5), "trunc");
	assert_string_equal(arena_strndup(a, "short", 50), "short");
	assert_string_equal(arena_printf(a, "%d of %s", 7, "nine"), "7 of nine");
	text = arena_printf(a, "%*s", 100000, "x");
	assert_int_equal(strlen(text), 100000);
	assert_memory_equal(arena_memdup(a, "a\0b", 3), "a\0b", 3);
	arena_free(a);
}

static void test_grow(void **state)
{
	struct arena *a = arena_new();
	struct pair { uint32_t a, b, c; } *list = NULL, *el;
	size_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		el = ARENA_ADD(a, list, n);
		assert_non_null(el);
		assert_ptr_equal(el, &list[i]);
		assert_int_equal(n, i + 1);
		assert_int_equal(el->a | el->b | el->c, 0);
		*el = (struct pair){ i, ~i, i };
	}
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(list[i].b, ~i);
	/* An element that was given up comes back zeroed. */
	n--;
	el = ARENA_ADD(a, list, n);
	assert_int_equal(el->b, 0);
	arena_free(a);
}

static void test_protobuf(void **state)
{
	struct arena *a = arena_new();
	ProtobufCAllocator in_arena = arena_protobuf(a);
	Fs *fs = ARENA_MSG(a, Fs, fs), *back;
	uint8_t bytes[64];
	size_t len;

	(void)state;
	fs->cwd = arena_strdup(a, "/tmp");
	fs->umask = 022;
	len = fs__pack(fs, bytes);
	back = fs__unpack(&in_arena, len, bytes);
	assert_non_null(back);
	assert_string_equal(back->cwd, "/tmp");
	assert_int_equal(back->umask, 022);
	fs__free_unpacked(back, &in_arena);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned_and_apart), cmocka_unit_test(test_big),
		cmocka_unit_test(test_too_big), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_grow), cmocka_unit_test(test_protobuf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
