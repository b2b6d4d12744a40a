/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc_pagemap.c - which pages of the test's own memory are selected. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "arena.h"
#include "cleanup.h"
#include "pagemap.h"

#define PAGE 4096ul
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

struct fix { struct arena *a; int fd; };

/* Whether pages are selected by PAGEMAP_SCAN or by plain reads. */
typedef int select_fn(struct arena *a, int fd, uint64_t start, uint64_t end,
		      struct page_run **runs, size_t *n);

static int select_anon(struct arena *a, int fd, uint64_t start, uint64_t end,
		       struct page_run **runs, size_t *n)
{
	return pagemap_select(a, fd, start, end, true, runs, n);
}

static int select_file(struct arena *a, int fd, uint64_t start, uint64_t end,
		       struct page_run **runs, size_t *n)
{
	return pagemap_select(a, fd, start, end, false, runs, n);
}

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->a = arena_new();
	f->fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	*state = f;
	return f->a && f->fd >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	arena_free(f->a);
	close(f->fd);
	free(f);
	return 0;
}

/* Huge pages would be selected whole, where single pages were written. */
static char *map(size_t pages, int flags, int fd)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	assert_true(p != MAP_FAILED);
	assert_true(!madvise(p, pages * PAGE, MADV_NOHUGEPAGE) || errno == EINVAL);
	return p;
}

static char *map_anon(size_t pages)
{
	return map(pages, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int read_byte(const char *p)
{
	return *(const volatile char *)p;
}

/* By their entries, which tell the zero page to whoever may see frames. */
static void check_entries(struct fix *f, const char *at, const char *want)
{
	const uint64_t zero = pagemap_zero_frame();
	size_t n = strlen(want);
	uint64_t entries[64];

	if (!zero)
		return;
	assert_int_equal(pagemap_read(f->fd, (uintptr_t)at, (uintptr_t)at + n * PAGE, entries), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pagemap_matters(entries[i], zero), want[i] == 'x');
}

/* The pages selected, as a string: "x" selected, "." not. */
static void check(struct fix *f, select_fn *fn, const char *at, const char *want)
{
	size_t n_pages = strlen(want), n = 0;
	struct page_run *runs = NULL;
	char got[64];

	memset(got, '.', n_pages);
	got[n_pages] = '\0';
	assert_int_equal(fn(f->a, f->fd, (uintptr_t)at, (uintptr_t)at + n_pages * PAGE, &runs, &n), 0);
	for (size_t i = 0; i < n; i++) {
		size_t first = (runs[i].start - (uintptr_t)at) / PAGE;
		size_t last = (runs[i].end - (uintptr_t)at) / PAGE;

		assert_true(runs[i].start < runs[i].end && last <= n_pages);
		if (i)
			assert_true(runs[i - 1].end < runs[i].start);
		memset(got + first, 'x', last - first);
	}
	assert_string_equal(got, want);
	if (fn != pagemap_select_plain)
		check_entries(f, at, want);
}

static bool kernel_scans(struct fix *f)
{
	uint64_t arg[12] = { sizeof(arg) };

	/* An empty range: 0, or ENOTTY before Linux 6.7. */
	return !ioctl(f->fd, _IOWR('f', 16, uint64_t[12]), arg);
}

#define NEEDS_SCAN(f) do {							\
	if (!kernel_scans(f)) {							\
		print_message("skipped: no PAGEMAP_SCAN in this kernel\n");	\
		skip();								\
	}									\
} while (0)

static void anonymous(void **state)
{
	struct fix *f = *state;
	char *p = map_anon(8);

	check(f, select_anon, p, "........");
	check(f, pagemap_select_plain, p, "........");
	p[0] = p[2 * PAGE] = p[3 * PAGE] = p[7 * PAGE] = 1;
	p[5 * PAGE] = 0;	/* written with a zero is written */
	check(f, select_anon, p, "x.xx.x.x");
	check(f, select_file, p, "x.xx.x.x");
	check(f, pagemap_select_plain, p, "x.xx.x.x");
	munmap(p, 8 * PAGE);
}

static void zero_page(void **state)
{
	struct fix *f = *state;
	char *p = map_anon(4);

	p[0] = 1;
	assert_int_equal(read_byte(p + 2 * PAGE), 0);
	/* Plain reads cannot tell: kept, which is right, only bigger. */
	check(f, pagemap_select_plain, p, "x.x.");
	NEEDS_SCAN(f);
	check(f, select_anon, p, "x...");
	check(f, select_file, p, "x...");
	munmap(p, 4 * PAGE);
}

static void inaccessible_but_there(void **state)
{
	struct fix *f = *state;
	char *p = map_anon(4);

	p[PAGE] = 1;
	assert_int_equal(mprotect(p, 4 * PAGE, PROT_NONE), 0);
	check(f, select_anon, p, ".x..");
	check(f, pagemap_select_plain, p, ".x..");
	munmap(p, 4 * PAGE);
}

static void given_back(void **state)
{
	struct fix *f = *state;
	char *p = map_anon(4);

	memset(p, 1, 4 * PAGE);
	check(f, select_anon, p, "xxxx");
	assert_int_equal(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
	check(f, select_anon, p, "x..x");
	check(f, pagemap_select_plain, p, "x..x");
	munmap(p, 4 * PAGE);
}

static int memfd(size_t pages)
{
	int fd = memfd_create("pagemap", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, pages * PAGE), 0);
	for (size_t i = 0; i < pages; i++)
		assert_int_equal(pwrite(fd, "x", 1, i * PAGE), 1);
	return fd;
}

static void private_file(void **state)
{
	struct fix *f = *state;
	autoclose fd = memfd(6);
	char *p = map(6, MAP_PRIVATE, fd);

	check(f, select_file, p, "......");
	for (int i = 0; i < 5; i++)
		assert_int_equal(read_byte(p + i * PAGE), 'x');
	check(f, select_file, p, "......");
	check(f, pagemap_select_plain, p, "......");
	p[0] = p[3 * PAGE] = 'y';
	check(f, select_file, p, "x..x..");
	check(f, pagemap_select_plain, p, "x..x..");
	munmap(p, 6 * PAGE);
}

static void shared(void **state)
{
	struct fix *f = *state;
	char *p = map(4, MAP_SHARED | MAP_ANONYMOUS, -1);

	memset(p, 1, 3 * PAGE);
	check(f, select_file, p, "....");
	check(f, pagemap_select_plain, p, "....");
	munmap(p, 4 * PAGE);
}

static void guard_pages(void **state)
{
	struct fix *f = *state;
	char *p = map_anon(4);

	memset(p, 1, 4 * PAGE);
	if (madvise(p + PAGE, PAGE, MADV_GUARD_INSTALL)) {
		munmap(p, 4 * PAGE);
		print_message("skipped: no guard pages in this kernel\n");
		skip();
	}
	check(f, select_anon, p, "x.xx");
	check(f, select_file, p, "x.xx");
	check(f, pagemap_select_plain, p, "x.xx");
	munmap(p, 4 * PAGE);
}

/* More regions than one call returns, and more pages than one read takes. */
static void many_runs(void **state)
{
	static select_fn *const ways[] = { select_anon, select_file, pagemap_select_plain };
	struct fix *f = *state;
	size_t pages = 9001;
	char *p = map_anon(pages);

	for (size_t i = 0; i < pages; i += 2)
		p[i * PAGE] = 1;
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		struct page_run *runs = NULL;
		size_t n = 0;

		assert_int_equal(ways[w](f->a, f->fd, (uintptr_t)p, (uintptr_t)p + pages * PAGE,
					 &runs, &n), 0);
		assert_int_equal(n, 4501);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(runs[i].start, (uintptr_t)p + 2 * i * PAGE);
			assert_int_equal(runs[i].end, runs[i].start + PAGE);
		}
	}
	munmap(p, pages * PAGE);
}

static void long_runs_are_one(void **state)
{
	static select_fn *const ways[] = { select_anon, select_file, pagemap_select_plain };
	struct fix *f = *state;
	size_t pages = 9001;
	char *p = map_anon(pages);

	memset(p, 1, pages * PAGE);
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		struct page_run *runs = NULL;
		size_t n = 0;

		assert_int_equal(ways[w](f->a, f->fd, (uintptr_t)p, (uintptr_t)p + pages * PAGE,
					 &runs, &n), 0);
		assert_int_equal(n, 1);
		assert_int_equal(runs[0].end - runs[0].start, pages * PAGE);
	}
	munmap(p, pages * PAGE);
}

static void appends(void **state)
{
	struct fix *f = *state;
	struct page_run *runs = NULL;
	char *p = map_anon(4);
	size_t n = 0;

	memset(p, 1, 4 * PAGE);
	for (size_t i = 0; i < 4; i += 2)
		assert_int_equal(select_anon(f->a, f->fd, (uintptr_t)p + i * PAGE,
					     (uintptr_t)p + (i + 2) * PAGE, &runs, &n), 0);
	/* Two calls, two runs, although they touch: they may be two VMAs. */
	assert_int_equal(n, 2);
	assert_int_equal(runs[0].end, (uintptr_t)p + 2 * PAGE);
	assert_int_equal(runs[1].start, runs[0].end);
	assert_int_equal(select_anon(f->a, f->fd, (uintptr_t)p, (uintptr_t)p, &runs, &n), 0);
	assert_int_equal(n, 2);
	munmap(p, 4 * PAGE);
}

static void wrong_descriptor(void **state)
{
	struct fix *f = *state;
	struct page_run *runs = NULL;
	uint64_t bits[1];
	size_t n = 0;

	assert_int_equal(pagemap_select(f->a, -1, PAGE, 2 * PAGE, true, &runs, &n), -EBADF);
	assert_int_equal(pagemap_select_plain(f->a, -1, PAGE, 2 * PAGE, &runs, &n), -EBADF);
	assert_int_equal(pagemap_shared(-1, PAGE, 2 * PAGE, bits), -EBADF);
	assert_int_equal(n, 0);
}

/* A file that is no pagemap takes no PAGEMAP_SCAN, but can be read: the way of older kernels. */
static void falls_back(void **state)
{
	static const uint64_t entries[4] = { 1ull << 63, 1ull << 62, 1ull << 63 | 1ull << 61, 0 };
	autoclose fd = memfd_create("pagemap", MFD_CLOEXEC);
	struct fix *f = *state;
	struct page_run *runs = NULL;
	size_t n = 0;

	assert_int_equal(pwrite(fd, entries, sizeof(entries), 8), sizeof(entries));
	assert_int_equal(pagemap_select(f->a, fd, PAGE, 5 * PAGE, false, &runs, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(runs[0].start, PAGE);
	assert_int_equal(runs[0].end, 3 * PAGE);
	assert_int_equal(pagemap_select(f->a, fd, PAGE, 6 * PAGE, false, &runs, &n), -ENODATA);
	assert_int_equal(n, 1);
}

static pid_t sleeping_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	for (;;)
		pause();
}

static void shared_with_a_child(void **state)
{
	struct fix *f = *state;
	size_t pages = 130;
	uint64_t bits[3];
	char *p = map_anon(pages);
	pid_t pid;

	for (size_t i = 0; i < pages; i++)
		if (i != 1)
			p[i * PAGE] = 1;
	memset(bits, 0xff, sizeof(bits));
	assert_int_equal(pagemap_shared(f->fd, (uintptr_t)p, (uintptr_t)p + pages * PAGE, bits), 0);
	assert_int_equal(bits[0] | bits[1] | bits[2], 0);
	pid = sleeping_child();
	p[0] = p[64 * PAGE] = 2;	/* these are ours alone again */
	assert_int_equal(pagemap_shared(f->fd, (uintptr_t)p, (uintptr_t)p + pages * PAGE, bits), pages - 3);
	assert_true(bits[0] == ~3ull);
	assert_true(bits[1] == ~1ull);
	assert_true(bits[2] == 3);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(pagemap_shared(f->fd, (uintptr_t)p, (uintptr_t)p + pages * PAGE, bits), 0);
	munmap(p, pages * PAGE);
}

/* More than one read, the bits of the second in their place. */
static void shared_far_away(void **state)
{
	struct fix *f = *state;
	size_t pages = 4096 + 65;
	uint64_t bits[66];
	char *p = map_anon(pages);
	pid_t pid;

	p[4096 * PAGE] = p[4160 * PAGE] = 1;
	pid = sleeping_child();
	assert_int_equal(pagemap_shared(f->fd, (uintptr_t)p, (uintptr_t)p + pages * PAGE, bits), 2);
	assert_int_equal(bits[64], 1);
	assert_int_equal(bits[65], 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	munmap(p, pages * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anonymous), cmocka_unit_test(zero_page),
		cmocka_unit_test(inaccessible_but_there),
		cmocka_unit_test(given_back), cmocka_unit_test(private_file), cmocka_unit_test(shared),
		cmocka_unit_test(guard_pages), cmocka_unit_test(many_runs),
		cmocka_unit_test(long_runs_are_one),
		cmocka_unit_test(appends), cmocka_unit_test(wrong_descriptor), cmocka_unit_test(falls_back),
		cmocka_unit_test(shared_with_a_child), cmocka_unit_test(shared_far_away),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
