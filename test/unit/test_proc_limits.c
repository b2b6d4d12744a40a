/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_limits.c - /proc/PID/limits, good and broken. */
#include <sys/resource.h>
#include "proc_mangle.h"
#include "proc.h"

#define SAMPLE \
	"Limit                     Soft Limit           Hard Limit           Units     \n" \
	"Max cpu time              unlimited            unlimited            seconds   \n" \
	"Max file size             1                    unlimited            bytes     \n" \
	"Max data size             unlimited            unlimited            bytes     \n" \
	"Max stack size            8388608              unlimited            bytes     \n" \
	"Max core file size        0                    unlimited            bytes     \n" \
	"Max resident set          18446744073709551614 18446744073709551615 bytes     \n" \
	"Max processes             96365                96366                processes \n" \
	"Max open files            1024                 20000                files     \n" \
	"Max locked memory         8388608              8388609              bytes     \n" \
	"Max address space         unlimited            unlimited            bytes     \n" \
	"Max file locks            unlimited            unlimited            locks     \n" \
	"Max pending signals       96367                96368                signals   \n" \
	"Max msgqueue size         819200               819201               bytes     \n" \
	"Max nice priority         20                   30                   \n" \
	"Max realtime priority     0                    99                   \n" \
	"Max realtime timeout      unlimited            unlimited            us        \n"

static int parse(const char *text, struct proc_limit lim[16])
{
	return proc_parse_limits(text, strlen(text), lim);
}

static void by_resource(void **state)
{
	static const struct { int resource; uint64_t soft, hard; } want[] = {
		{ RLIMIT_CPU, UINT64_MAX, UINT64_MAX }, { RLIMIT_FSIZE, 1, UINT64_MAX },
		{ RLIMIT_STACK, 8388608, UINT64_MAX }, { RLIMIT_CORE, 0, UINT64_MAX },
		{ RLIMIT_RSS, UINT64_MAX - 1, UINT64_MAX }, { RLIMIT_NPROC, 96365, 96366 },
		{ RLIMIT_NOFILE, 1024, 20000 }, { RLIMIT_MEMLOCK, 8388608, 8388609 },
		{ RLIMIT_SIGPENDING, 96367, 96368 }, { RLIMIT_MSGQUEUE, 819200, 819201 },
		{ RLIMIT_NICE, 20, 30 }, { RLIMIT_RTPRIO, 0, 99 }, { RLIMIT_RTTIME, UINT64_MAX, UINT64_MAX },
	};
	struct proc_limit lim[16];

	(void)state;
	assert_int_equal(parse(SAMPLE, lim), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_true(lim[want[i].resource].soft == want[i].soft);
		assert_true(lim[want[i].resource].hard == want[i].hard);
	}
}

static void a_new_limit_is_no_error(void **state)
{
	char *text = replaced(SAMPLE, "Max realtime timeout",
			      "Max novelty               lots\nMax realtime timeout");
	struct proc_limit lim[16];

	(void)state;
	assert_int_equal(parse(text, lim), 0);
	free(text);
}

static void refused(void **state)
{
	static const struct { const char *from, *to; } bad[] = {
		/* What is left is "819201" and "bytes". */
		{ "819200               ", "" },
		{ "Max nice", "Max mice" }, { "Max cpu time ", "Max cpu times" },
		{ "819200 ", "81920x" }, { "unlimited ", "unlimitedx" },
		{ "18446744073709551615", "18446744073709551616" }, { "96366 ", "-1 " }, { "us        \n", "us" },
	};
	struct proc_limit lim[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *text = replaced(SAMPLE, bad[i].from, bad[i].to);

		if (parse(text, lim) != -EINVAL)
			fail_msg("accepted: '%s' instead of '%s'", bad[i].to, bad[i].from);
		free(text);
	}
	assert_int_equal(parse("", lim), -EINVAL);
}

static int limits_fn(struct arena *a, const char *text, size_t len)
{
	struct proc_limit lim[16];

	(void)a;
	return proc_parse_limits(text, len, lim);
}

static void mangled(void **state)
{
	(void)state;
	mangle(SAMPLE, limits_fn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_resource), cmocka_unit_test(a_new_limit_is_no_error),
		cmocka_unit_test(refused), cmocka_unit_test(mangled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
