/* SPDX-License-Identifier: Apache-2.0 */
/* test_places.c - obstacles that are alike but for their places are told once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "cleanup.h"
#include "dump.h"

#define AT(p, f, a) { .name = "fd.unix", .pid = (p), .fd = (f), .address = (a), .cause = "it is one", .remedy = "None." }

static void assert_places(const struct obstacle *list, size_t n, const char *want)
{
	struct dump_result r = { .obstacles = list, .n_obstacles = n };
	char text[PLACES_ROOM];

	obstacle_places(&r, 0, text, sizeof(text));
	assert_string_equal(text, want);
	assert_true(obstacle_is_first(&r, 0));
	for (size_t i = 1; i < n; i++)
		assert_int_equal(obstacle_is_first(&r, i), strcmp(list[i].cause, list[0].cause) != 0);
}

static void places(void **state)
{
	const struct obstacle one[] = { AT(5, 7, 0) }, whole[] = { AT(0, -1, 0) }, task[] = { AT(5, -1, 0), AT(6, -1, 0) };
	const struct obstacle processes[] = { AT(5, 7, 0), AT(6, 7, 0), AT(9, 7, 0) };
	const struct obstacle spots[] = { AT(5, -1, 0x1000), AT(5, -1, 0x2000) };
	const struct obstacle both[] = { AT(5, 7, 0), AT(5, 8, 0), AT(6, 7, 0), AT(6, 8, 0), AT(6, 9, 0) };
	struct obstacle other[] = { AT(5, 7, 0), AT(6, 7, 0) };

	(void)state;
	other[1].cause = "it is another";
	assert_places(one, 1, "pid 5: fd 7");
	assert_places(whole, 1, "tree");
	assert_places(task, 2, "pids 5, 6");
	assert_places(processes, 3, "pids 5, 6, 9: fd 7");
	assert_places(spots, 2, "pid 5: 0x1000, 0x2000");
	assert_places(both, 5, "pid 5: fd 7, fd 8; pid 6: fd 7, fd 8, fd 9");
	assert_places(other, 2, "pid 5: fd 7");
}

static void many(void **state)
{
	struct obstacle list[400];
	struct dump_result r = { .obstacles = list, .n_obstacles = ARRAY_SIZE(list) };
	char text[PLACES_ROOM], small[16];

	(void)state;
	for (int i = 0; i < (int)ARRAY_SIZE(list); i++)
		list[i] = (struct obstacle)AT(1 + i / 20, i % 20, 0);
	obstacle_places(&r, 0, text, sizeof(text));
	assert_non_null(strstr(text, "pid 2: fd 0, fd 1, fd 2, fd 3, fd 4, fd 5, fd 6, fd 7 and 12 more; "));
	assert_non_null(strstr(text, "; and 16 more such places"));
	obstacle_places(&r, 0, small, sizeof(small));
	assert_string_equal(small, "pid 1: fd 0, fd");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(places), cmocka_unit_test(many) };

	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
