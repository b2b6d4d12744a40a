/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_memory.c - what memory is left, by saved text and by cgroups that are made up. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "arena.h"
#include "cleanup.h"
#include "proc.h"
#include "tmpdir.h"

#define SAMPLE(text) text, sizeof(text) - 1
#define KIB(text_and_len, ret) proc_parse_kib(text_and_len, "MemAvailable:", ret)

static void meminfo(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(KIB(SAMPLE("MemTotal:       24683112 kB\nMemFree:          512040 kB\n"
						   "MemAvailable:   23031940 kB\nBuffers:          198232 kB\n"), &bytes), 0);
	assert_int_equal(bytes, 23031940ull * 1024);
	assert_int_equal(KIB(SAMPLE("MemTotal:       24683112 kB\n"), &bytes), -EINVAL);
	assert_int_equal(KIB(SAMPLE("MemAvailable:   \n"), &bytes), -EINVAL);
	assert_int_equal(KIB(SAMPLE("MemAvailable:   12"), &bytes), -EINVAL);	/* cut */
	assert_int_equal(KIB(SAMPLE("MemAvailable: 18446744073709551615 kB\n"), &bytes), -EINVAL);
}

static void own(void **state)
{
	struct arena *a = arena_new();
	uint64_t left;

	(void)state;
	assert_int_equal(proc_memory_left(a, &left), 0);
	assert_true(left > 1 << 20);
	arena_free(a);
}

/* A cgroup below `root`, with its files; NULL: it has none of that name. */
static void make_cgroup(int root, const char *path, const char *max, const char *current, const char *stat)
{
	const struct { const char *name, *text; } files[] = {
		{ "memory.max", max }, { "memory.current", current }, { "memory.stat", stat },
	};

	mkdirat(root, path, 0700);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char name[256];
		autoclose fd = -1;

		snprintf(name, sizeof(name), "%s/%s", path, files[i].name);
		unlinkat(root, name, 0);
		if (!files[i].text)
			continue;
		fd = openat(root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, files[i].text, strlen(files[i].text)), strlen(files[i].text));
	}
}

static uint64_t left(int root, const char *path)
{
	struct arena *a = arena_new();
	uint64_t bytes = 0;

	assert_int_equal(cgroup_memory_left(a, root, path, &bytes), 0);
	arena_free(a);
	return bytes;
}

static void remove_cgroups(int root, const char *const *paths)
{
	for (; *paths; paths++) {
		make_cgroup(root, *paths, NULL, NULL, NULL);
		unlinkat(root, *paths, AT_REMOVEDIR);
	}
}

static void cgroups(void **state)
{
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	assert_true(left(t.fd, "/") == UINT64_MAX);
	assert_true(left(t.fd, "/not/there") == UINT64_MAX);
	make_cgroup(t.fd, "a", "max\n", "5000\n", NULL);
	make_cgroup(t.fd, "a/b", "9000\n", "5000\n", NULL);
	make_cgroup(t.fd, "a/b/c", "max\n", "4000\n", NULL);
	assert_true(left(t.fd, "/a") == UINT64_MAX);
	assert_int_equal(left(t.fd, "/a/b"), 4000);
	assert_int_equal(left(t.fd, "/a/b/c"), 4000);
	assert_int_equal(left(t.fd, "/a/b/gone"), 4000);
	/* What the kernel can drop is not in the way. */
	make_cgroup(t.fd, "a/b", "9000\n", "5000\n", "anon 100\ninactive_file 3000\nactive_file 50\n");
	assert_int_equal(left(t.fd, "/a/b/c"), 7000);
	make_cgroup(t.fd, "a/b", "9000\n", "5000\n", "anon 100\ninactive_file 999999\n");
	assert_int_equal(left(t.fd, "/a/b/c"), 9000);
	/* The tightest counts, and one that is over its limit leaves nothing. */
	make_cgroup(t.fd, "a", "6000\n", "5000\n", NULL);
	assert_int_equal(left(t.fd, "/a/b/c"), 1000);
	make_cgroup(t.fd, "a/b/c", "3000\n", "4000\n", NULL);
	assert_int_equal(left(t.fd, "/a/b/c"), 0);
	make_cgroup(t.fd, "a/b/c", "no number\n", "4000\n", NULL);
	assert_int_equal(left(t.fd, "/a/b/c"), 1000);
	remove_cgroups(t.fd, (const char *const[]){ "a/b/c", "a/b", "a", NULL });
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meminfo),
		cmocka_unit_test(own),
		cmocka_unit_test(cgroups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
