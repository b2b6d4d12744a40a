/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool.c - a few threads that share the same work. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool.h"

#define ITEMS 1000

struct counts {
	atomic_uint done[ITEMS], total;
	unsigned asked, patience;
};

static int count(void *context, size_t i)
{
	struct counts *c = context;

	atomic_fetch_add(&c->done[i], 1);
	atomic_fetch_add(&c->total, 1);
	return i == ITEMS - 1 ? 1 : 0;
}

static int count_then_fail(void *context, size_t i)
{
	count(context, i);
	return i < ITEMS / 2 ? 0 : -EBADMSG;
}

/* Work without end, unless stop() ends it. */
static int work_on(void *context, size_t i)
{
	struct counts *c = context;

	(void)i;
	atomic_fetch_add(&c->total, 1);
	return 0;
}

static int stop(void *context)
{
	struct counts *c = context;

	return c->asked++ < c->patience ? 0 : -EINTR;
}

static void each_item_once(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads < 12; threads++) {
		struct counts c = { .patience = UINT32_MAX };

		assert_int_equal(pool_each(ITEMS, threads, count, &c), 0);
		for (size_t i = 0; i < ITEMS; i++)
			assert_int_equal(c.done[i], 1);
		assert_int_equal(pool_each_until(ITEMS, threads, count, &c, stop, &c), 0);
		assert_int_equal(c.total, 2 * ITEMS);
	}
}

static void a_failure_ends_it(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads < 12; threads++) {
		struct counts c = { 0 };

		assert_int_equal(pool_each(ITEMS, threads, count_then_fail, &c), -EBADMSG);
		assert_in_range(c.total, 1, ITEMS / 2 + threads);
	}
}

/* With one thread nothing but the caller's patience decides how many are done. */
static void stop_ends_it(void **state)
{
	struct counts c = { .patience = 5 };

	(void)state;
	assert_int_equal(pool_each_until(ITEMS, 1, work_on, &c, stop, &c), -EINTR);
	assert_int_equal(c.total, 5);
	for (unsigned threads = 2; threads < 12; threads++) {
		struct counts many = { .patience = 0 };

		assert_int_equal(pool_each_until(SIZE_MAX, threads, work_on, &many, stop, &many), -EINTR);
		assert_int_equal(many.asked, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_item_once),
		cmocka_unit_test(a_failure_ends_it),
		cmocka_unit_test(stop_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
