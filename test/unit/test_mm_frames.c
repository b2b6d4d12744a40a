/* SPDX-License-Identifier: Apache-2.0 */
/* test_mm_frames.c - pages that several processes share, by made-up frames and by the test's own. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "../../src/kind/mm_frames.h"
#include "arena.h"
#include "cleanup.h"
#include "model.h"
#include "pagemap.h"

#define PAGE 4096ul
#define PRESENT (1ull << 63)
#define SWAPPED (1ull << 62)
#define EXCLUSIVE (1ull << 56)

struct fix { struct arena *a; struct frames *f; };

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->a = arena_new();
	f->f = f->a ? frames_new(f->a) : NULL;
	*state = f;
	return f->f ? 0 : -1;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	arena_free(f->a);
	free(f);
	return 0;
}

static void add(struct fix *f, const uint64_t *entries, size_t n, uint64_t offset)
{
	static const struct process nobody;

	assert_int_equal(frames_add(f->f, &nobody, 0x10000, entries, n, offset), 0);
}

static void known(struct fix *f, const uint64_t *entries, size_t n, size_t expected, uint64_t offset)
{
	uint64_t at = UINT64_MAX;

	assert_int_equal(frames_known(f->f, entries, n, &at), expected);
	assert_int_equal(at, expected ? offset : UINT64_MAX);
}

static void test_known(void **state)
{
	static const uint64_t first[] = { PRESENT | 7, PRESENT | 9, PRESENT | 8 };
	static const uint64_t other[] = { PRESENT | 5, PRESENT | 7, PRESENT | 9, PRESENT | 6 };
	struct fix *f = *state;

	known(f, first, 3, 0, 0);
	add(f, first, 3, 10 * PAGE);
	known(f, first, 3, 3, 10 * PAGE);
	known(f, first, 2, 2, 10 * PAGE);
	known(f, first + 1, 2, 2, 11 * PAGE);
	known(f, other, 4, 0, 0);
	known(f, other + 1, 3, 2, 10 * PAGE);
	known(f, other + 2, 2, 1, 11 * PAGE);
	known(f, other, 0, 0, 0);
	/* Whoever has it first has it. */
	add(f, other, 4, 20 * PAGE);
	known(f, other, 4, 4, 20 * PAGE);
	known(f, other + 1, 3, 2, 10 * PAGE);
}

/* Of pages that are one process's alone, are not there, or have no frame that is told. */
static void test_unknown(void **state)
{
	static const uint64_t entries[] = { PRESENT | EXCLUSIVE | 7, SWAPPED | 8, PRESENT, 9, PRESENT | 10 };
	static const uint64_t again[] = { PRESENT | 7, PRESENT | 8, PRESENT, PRESENT | 9, PRESENT | 10 };
	struct fix *f = *state;

	add(f, entries, 5, 0);
	for (size_t i = 0; i < 4; i++) {
		known(f, entries + i, 1, 0, 0);
		known(f, again + i, 1, 0, 0);
	}
	known(f, entries + 4, 1, 1, 4 * PAGE);
}

static void test_many(void **state)
{
	static uint64_t entries[10000];
	struct fix *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		entries[i] = PRESENT | (i * 4096 + 1);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i += 100)
		add(f, entries + i, 100, i * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		known(f, entries + i, ARRAY_SIZE(entries) - i, 100 - i % 100, i * PAGE);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		known(f, &(uint64_t){ entries[i] + 1 }, 1, 0, 0);
}

/* The test's own memory, shared with a child until it is written. */
static void test_hold(void **state)
{
	struct fix *f = *state;
	autoclose dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoclose fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	const struct process self = { .dir = dir };
	char *mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t entries[4], offset;
	pid_t child;

	assert_true(mem != MAP_FAILED && dir >= 0 && fd >= 0);
	memset(mem, 1, 4 * PAGE);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	assert_int_equal(pagemap_read(fd, (uintptr_t)mem, (uintptr_t)mem + 4 * PAGE, entries), 0);
	if (!pagemap_frame(entries[0])) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		skip();		/* without CAP_SYS_ADMIN */
	}
	assert_true(pagemap_is_shared(entries[0]));
	assert_int_equal(frames_add(f->f, &self, (uintptr_t)mem, entries, 2, 0), 0);
	assert_int_equal(frames_add(f->f, &self, (uintptr_t)mem + 2 * PAGE, entries + 2, 2, 2 * PAGE), 0);
	assert_int_equal(frames_hold(f->f), 1);
	assert_int_equal(frames_known(f->f, entries, 1, &offset), 1);
	assert_int_equal(frames_hold(f->f), 1);
	/* Another frame, but nobody has asked for that page. */
	mem[2 * PAGE] = 2;
	assert_int_equal(frames_hold(f->f), 1);
	/* Now somebody was told of it. */
	assert_int_equal(frames_known(f->f, entries + 3, 1, &offset), 1);
	assert_int_equal(frames_hold(f->f), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(mem, 4 * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hold, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
