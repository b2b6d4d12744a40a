/* SPDX-License-Identifier: Apache-2.0 */
/* test_io.c - whole reads and writes, files of unknown size, links of any length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <time.h>
#include "arena.h"
#include "io.h"
#include "tmpdir.h"

struct fixture {
	struct tmpdir dir;
	struct arena *mem;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	tmpdir_make(&f->dir);
	f->mem = arena_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tmpdir_remove(&f->dir);
	arena_free(f->mem);
	free(f);
	return 0;
}

static void test_whole(void **state)
{
	struct fixture *f = *state;
	int fd = openat(f->dir.fd, "x", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char got[8] = "";

	assert_int_equal(io_write_all(fd, "01234567", 8), 0);
	assert_int_equal(io_pwrite_all(fd, "ab", 2, 3), 0);
	assert_int_equal(io_pread_all(fd, got, 8, 0), 0);
	assert_memory_equal(got, "012ab567", 8);
	assert_int_equal(io_pread_all(fd, got, 8, 1), -ENODATA);
	assert_int_equal(lseek(fd, 6, SEEK_SET), 6);
	assert_int_equal(io_read_all(fd, got, 2), 0);
	assert_memory_equal(got, "67", 2);
	assert_int_equal(io_read_all(fd, got, 1), -ENODATA);
	assert_int_equal(io_read_all(fd, got, 0), 0);
	close(fd);
	assert_int_equal(io_read_all(-1, got, 1), -EBADF);
	assert_int_equal(io_write_all(-1, got, 1), -EBADF);
}

static void test_slurp(void **state)
{
	struct fixture *f = *state;
	char *big = malloc(100000), *got = NULL;
	size_t len = 7;

	memset(big, 'x', 100000);
	tmpdir_put(&f->dir, "empty", "", 0);
	tmpdir_put(&f->dir, "big", big, 100000);
	assert_int_equal(io_slurp(f->mem, f->dir.fd, "empty", 10, &got, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(got, "");
	assert_int_equal(io_slurp(f->mem, f->dir.fd, "big", 100000, &got, &len), 0);
	assert_int_equal(len, 100000);
	assert_memory_equal(got, big, 100000);
	assert_int_equal(got[100000], 0);
	assert_int_equal(io_slurp(f->mem, f->dir.fd, "big", 99999, &got, NULL), -EFBIG);
	assert_int_equal(io_slurp(f->mem, f->dir.fd, "none", 10, &got, NULL), -ENOENT);
	assert_int_equal(io_slurp(f->mem, AT_FDCWD, "/proc/self/maps", 1 << 24, &got, NULL), 0);
	assert_non_null(strstr(got, "[stack]"));
	free(big);
}

static void test_readlink(void **state)
{
	struct fixture *f = *state;
	char target[1001] = "", *got = NULL;

	memset(target, 't', 1000);
	assert_int_equal(symlinkat(target, f->dir.fd, "long"), 0);
	assert_int_equal(io_readlink(f->mem, f->dir.fd, "long", &got), 0);
	assert_string_equal(got, target);
	target[256] = '\0';	/* just fills the first buffer */
	assert_int_equal(symlinkat(target, f->dir.fd, "edge"), 0);
	assert_int_equal(io_readlink(f->mem, f->dir.fd, "edge", &got), 0);
	assert_string_equal(got, target);
	assert_int_equal(io_readlink(f->mem, f->dir.fd, "none", &got), -ENOENT);
}

static void test_put(void **state)
{
	struct fixture *f = *state;
	char *got = NULL;

	tmpdir_put(&f->dir, "x", "", 0);
	assert_int_equal(io_put(f->dir.fd, "x", "-17"), 0);
	assert_int_equal(io_slurp(f->mem, f->dir.fd, "x", 10, &got, NULL), 0);
	assert_string_equal(got, "-17");
	assert_int_equal(io_put(f->dir.fd, "none", "1"), -ENOENT);
}

static void test_now(void **state)
{
	int64_t before = io_now_ns(CLOCK_MONOTONIC);

	(void)state;
	assert_true(before > 0);
	assert_true(io_now_ns(CLOCK_MONOTONIC) >= before);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_whole), T(test_slurp), T(test_readlink), T(test_put), T(test_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
