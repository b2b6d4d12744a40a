/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_fdinfo.c - fdinfo of several kinds of descriptors, and broken ones. */
#include "proc_mangle.h"
#include "proc.h"

#define HEAD "pos:\t4711\nflags:\t02100002\nmnt_id:\t28\nino:\t1057\n"
#define EPOLL "pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t1039\n" \
	"tfd:        8 events:       19 data:         ffffffff00000008  pos:0 ino:1f sdev:e\n" \
	"tfd:        9 events: 80000001 data:                9  pos:0 ino:20 sdev:e\n"
#define INOTIFY HEAD "inotify wd:1 ino:9e7e sdev:800013 mask:800afce ignored_mask:0 " \
	"fhandle-bytes:8 fhandle-type:1 f_handle:7e9e0000640d1b6d\n"
#define TIMERFD HEAD "clockid: 0\nticks: 0\nsettime flags: 01\nit_value: (0, 49406829)\nit_interval: (1, 0)\n"
#define OLD "pos:\t0\nflags:\t0100002\nmnt_id:\t9\neventfd-count:             1f4\n"
#define URING HEAD "SqMask:\t0x7\nUserFiles:\t2\n    0: /some/path\n\nempty:\n"

static int setup(void **state)
{
	*state = arena_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct fdinfo parsed(struct arena *a, const char *text)
{
	struct fdinfo f;

	assert_int_equal(proc_parse_fdinfo(a, text, strlen(text), &f), 0);
	return f;
}

static void common(void **state)
{
	struct fdinfo f = parsed(*state, HEAD);

	assert_int_equal(f.pos, 4711);
	assert_int_equal(f.flags, 02100002);
	assert_int_equal(f.mnt_id, 28);
	assert_int_equal(f.ino, 1057);
	assert_int_equal(f.n_lines, 4);
	assert_string_equal(f.lines[3].key, "ino");
	assert_null(fdinfo_get(&f, "in"));
	assert_null(fdinfo_get(&f, "inode"));
}

static void before_ino(void **state)
{
	struct fdinfo f = parsed(*state, OLD);
	uint64_t v = 0;

	assert_int_equal(f.ino, 0);
	assert_int_equal(fdinfo_u64(&f, "eventfd-count", 16, &v), 0);
	assert_int_equal(v, 500);
	assert_int_equal(fdinfo_u64(&f, "eventfd-count", 10, &v), -EINVAL);
	assert_int_equal(fdinfo_u64(&f, "eventfd", 10, &v), -ENOENT);
	assert_int_equal(v, 500);
}

static void repeated_keys(void **state)
{
	struct fdinfo f = parsed(*state, EPOLL);

	assert_int_equal(f.n_lines, 6);
	assert_string_equal(f.lines[4].key, "tfd");
	assert_string_equal(f.lines[4].value,
			    "8 events:       19 data:         ffffffff00000008  pos:0 ino:1f sdev:e");
	assert_string_equal(f.lines[5].key, "tfd");
	assert_ptr_equal(fdinfo_get(&f, "tfd"), f.lines[4].value);
	assert_int_equal(f.pos, 0);
}

static void blanks_end_a_key(void **state)
{
	struct fdinfo f = parsed(*state, INOTIFY);

	assert_string_equal(f.lines[4].key, "inotify");
	assert_memory_equal(f.lines[4].value, "wd:1 ino:9e7e sdev:800013 ", 26);
	f = parsed(*state, TIMERFD);
	assert_string_equal(fdinfo_get(&f, "it_value"), "(0, 49406829)");
	assert_string_equal(fdinfo_get(&f, "settime"), "flags: 01");
	assert_string_equal(fdinfo_get(&f, "clockid"), "0");
}

static void odd_lines(void **state)
{
	struct fdinfo f = parsed(*state, URING);
	uint64_t v = 0;

	assert_int_equal(f.n_lines, 8);
	assert_int_equal(fdinfo_u64(&f, "SqMask", 16, &v), 0);
	assert_int_equal(v, 7);
	assert_string_equal(fdinfo_get(&f, "0"), "/some/path");
	assert_string_equal(fdinfo_get(&f, "empty"), "");
	assert_int_equal(fdinfo_u64(&f, "empty", 10, &v), -EINVAL);
}

static void positions(void **state)
{
	char *text = replaced(HEAD, "4711", "-4096");
	struct fdinfo f = parsed(*state, text);

	assert_true(f.pos == (uint64_t)-4096);
	free(text);
	text = replaced(HEAD, "4711", "9223372036854775807");
	f = parsed(*state, text);
	assert_true(f.pos == INT64_MAX);
	free(text);
}

static void refused(void **state)
{
	static const struct { const char *from, *to; } bad[] = {
		{ "pos", "Pos" }, { "flags", "flag" }, { "mnt_id", "mnt" }, { "4711", "x" }, { "4711", "" },
		{ "4711", "9223372036854775808" }, { "02100002", "08" }, { "02100002", "40000000000" },
		{ "28\n", "2147483648\n" }, { "1057", "18446744073709551616" }, { "1057\n", "1057" },
	};
	struct fdinfo f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *text = replaced(HEAD, bad[i].from, bad[i].to);

		if (proc_parse_fdinfo(*state, text, strlen(text), &f) != -EINVAL)
			fail_msg("accepted: '%s' instead of '%s'", bad[i].to, bad[i].from);
		free(text);
	}
	assert_int_equal(proc_parse_fdinfo(*state, "", 0, &f), -EINVAL);
	assert_int_equal(proc_parse_fdinfo(*state, "\n", 1, &f), -EINVAL);
}

static int fdinfo_fn(struct arena *a, const char *text, size_t len)
{
	struct fdinfo f;
	uint64_t v;
	int r = proc_parse_fdinfo(a, text, len, &f);

	for (size_t i = 0; !r && i < f.n_lines; i++)
		fdinfo_u64(&f, f.lines[i].key, 16, &v);
	return r;
}

static void mangled(void **state)
{
	(void)state;
	mangle(EPOLL, fdinfo_fn);
	mangle(INOTIFY, fdinfo_fn);
	mangle(URING, fdinfo_fn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common), cmocka_unit_test(before_ino), cmocka_unit_test(repeated_keys),
		cmocka_unit_test(blanks_end_a_key), cmocka_unit_test(odd_lines), cmocka_unit_test(positions),
		cmocka_unit_test(refused), cmocka_unit_test(mangled),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
