/* SPDX-License-Identifier: Apache-2.0 */
/* mem_inherit_grown.c - heaps and mappings that grew, shrank or lost their middle after the fork: what was there before
 * is still one page for parent and children. */
#include "vma.h"

enum { PAGES = 64, MORE = 8, LESS = 16, ROOM = 100 };
enum { SAME, GROWS, SHRINKS, HOLED, CHILDREN };

/* pagemap: of a page that nobody else has mapped; and its frame, which only root sees. */
#define PM_EXCLUSIVE (1ULL << 56)
#define PM_FRAME ((1ULL << 55) - 1)

static char *heap, *arena, expected[PAGES * PAGE];

static void expect(const char *at, size_t from, size_t pages, uint32_t seed, bool shared)
{
	test_datagen(expected, sizeof(expected), seed);
	for (size_t i = from; i < from + pages; i++) {
		uint64_t entry = page_entry(at + i * PAGE);

		check(!memcmp(at + i * PAGE, expected + i * PAGE, PAGE), "page %zu changed", i);
		check(!shared || !(entry & PM_FRAME) || !(entry & PM_EXCLUSIVE), "page %zu is its own", i);
	}
}

/* What a process has more than the other: behind the heap, and before the mapping. */
static void grow(uint32_t seed)
{
	test_datagen(must(sbrk(MORE * PAGE)), MORE * PAGE, seed);
	must(mmap(arena - MORE * PAGE, MORE * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	test_datagen(arena - MORE * PAGE, MORE * PAGE, seed + 1);
}

static void check_grown(uint32_t seed)
{
	check(test_datachk(heap + PAGES * PAGE, MORE * PAGE, seed) < 0, "the heap's new pages changed");
	check(test_datachk(arena - MORE * PAGE, MORE * PAGE, seed + 1) < 0, "the mapping's new pages changed");
}

static void live(long who)
{
	if (who == GROWS)
		grow(100);
	if (who == SHRINKS) {
		must(brk(heap + (PAGES - LESS) * PAGE));
		must(munmap(arena, LESS * PAGE));
	}
	if (who == HOLED)
		must(munmap(arena + LESS * PAGE, LESS * PAGE));
	test_waitsig();
	if (who == GROWS)
		check_grown(100);
	expect(heap, 0, PAGES - LESS, 1, true);
	if (who != SHRINKS && who != HOLED)
		expect(arena, 0, LESS, 2, true);
	if (who != HOLED)
		expect(arena, LESS, LESS, 2, true);
	expect(arena, 2 * LESS, PAGES - 2 * LESS, 2, true);
}

int main(int argc, char **argv)
{
	pid_t child[CHILDREN];
	char *room;

	test_init(argc, argv);
	heap = (char *)(((uintptr_t)must(sbrk(0)) + PAGE - 1) / PAGE * PAGE);
	must(brk(heap + PAGES * PAGE));
	test_datagen(heap, PAGES * PAGE, 1);
	room = map_anon((ROOM + PAGES + 1) * PAGE, PROT_NONE, MAP_NORESERVE);
	arena = must(mmap(room + ROOM * PAGE, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	test_datagen(arena, PAGES * PAGE, 2);
	for (long i = 0; i < CHILDREN; i++)
		child[i] = test_child(live, i);
	grow(200);
	test_daemon();
	test_waitsig();
	for (long i = 0; i < CHILDREN; i++)
		test_end(child[i]);
	check_grown(200);
	expect(heap, 0, PAGES, 1, false);
	expect(arena, 0, PAGES, 2, false);
	pass();
}
