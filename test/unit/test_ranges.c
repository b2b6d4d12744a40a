/* SPDX-License-Identifier: Apache-2.0 */
/* test_ranges.c - ranges are joined where they touch or overlap, and found by address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "arena.h"
#include "ranges.h"

static void test_ranges(void **state)
{
	static const struct range in[] = { { 10, 20 }, { 20, 30 }, { 25, 28 }, { 29, 40 }, { 41, 50 }, { 60, 61 } };
	static const struct range out[] = { { 10, 40 }, { 41, 50 }, { 60, 61 } };
	struct arena *a = arena_new();
	struct ranges r = { 0 };

	(void)state;
	assert_int_equal(ranges_first(&r, 5), 0);
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		assert_int_equal(ranges_add(a, &r, in[i].start, in[i].end), 0);
	assert_int_equal(r.n, 3);
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.list[i].start, out[i].start);
		assert_int_equal(r.list[i].end, out[i].end);
	}
	for (uint64_t at = 0; at < 70; at++) {
		size_t first = 0;

		while (first < r.n && r.list[first].end <= at)
			first++;
		assert_int_equal(ranges_first(&r, at), first);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ranges) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
