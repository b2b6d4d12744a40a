/* SPDX-License-Identifier: Apache-2.0 */
/* mem_inherit.c - children that did different things with the memory they were born with: each has its own view,
 * and what none of them has written is still one page for all. */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include "vma.h"

enum { PAGES = 32, FILE_PAGES = 8 };

/* pagemap: of a page that nobody else has mapped; and its frame, which only root sees. */
#define PM_EXCLUSIVE (1ULL << 56)
#define PM_FRAME ((1ULL << 55) - 1)

static char *mem, *file, *constant, *hidden, *wiped, *locked;

/* What each page holds: a seed, or 0 for zeros. */
static uint32_t seeds[PAGES], file_seeds[FILE_PAGES], constant_seed = 300;
static bool gone[PAGES];

static void write_page(char *at, uint32_t *seed, uint32_t value)
{
	test_datagen(at, PAGE, value);
	*seed = value;
}

static bool holds(const char *at, uint32_t seed)
{
	static const char zeros[PAGE];

	return seed ? test_datachk(at, PAGE, seed) < 0 : !memcmp(at, zeros, PAGE);
}

static void check_view(long who)
{
	for (size_t i = 0; i < PAGES; i++)
		check(gone[i] || holds(mem + i * PAGE, seeds[i]), "%ld: page %zu is another", who, i);
	for (size_t i = 0; i < FILE_PAGES; i++)
		check(holds(file + i * PAGE, file_seeds[i]), "%ld: page %zu of the file is another", who, i);
	check(holds(constant, constant_seed), "%ld: read-only memory is another", who);
	check(holds(wiped, who < 0 ? 400 : 0), "%ld: memory that is wiped on fork is another", who);
	check(holds(locked, 500), "%ld: locked memory is another", who);
	check(vma_flag(locked, "lo") == (who < 0), "%ld: memory is locked, or is not", who);
	if (who < 0)
		check(holds(hidden, 600), "memory that no child has is another");
	else
		check(touch_read(hidden) == SIGSEGV, "%ld: a child has what it was not to have", who);
}

/* Of a child that has written nothing: each page that it has is its parent's. */
static void check_shared(long who)
{
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t entry = page_entry(mem + i * PAGE);

		check(!(entry & PM_FRAME) || !(entry & PM_EXCLUSIVE), "%ld: page %zu is its own", who, i);
	}
}

static void write_some(uint32_t value)
{
	for (size_t i = 0; i < PAGES; i += 4)
		write_page(mem + i * PAGE, &seeds[i], value + i);
	must(mprotect(constant, PAGE, PROT_READ | PROT_WRITE));
	write_page(constant, &constant_seed, value + PAGES);
	must(mprotect(constant, PAGE, PROT_READ));
	write_page(file, &file_seeds[0], value + PAGES + 1);
}

static void drop_some(void)
{
	must(madvise(mem + 8 * PAGE, 8 * PAGE, MADV_DONTNEED));
	memset(&seeds[8], 0, 8 * sizeof(seeds[0]));
	must(madvise(file, FILE_PAGES * PAGE, MADV_DONTNEED));
	for (size_t i = 0; i < FILE_PAGES; i++)
		file_seeds[i] = 100 + i;
}

static void map_some(void)
{
	must(munmap(mem + 20 * PAGE, 4 * PAGE));
	for (size_t i = 20; i < 24; i++)
		gone[i] = true;
	must(mmap(mem + 21 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	write_page(mem + 21 * PAGE, &seeds[21], 700);
	gone[21] = false;
	must(mprotect(mem, 2 * PAGE, PROT_READ));
}

enum { SAME, WRITES, DROPS, MAPS, FORKS, GRANDCHILD, CHILDREN = GRANDCHILD };

static void live(long who)
{
	pid_t child = 0;

	if (who == WRITES || who == GRANDCHILD)
		write_some(1000 * (uint32_t)who);
	if (who == DROPS)
		drop_some();
	if (who == MAPS)
		map_some();
	if (who == SAME || who == DROPS)
		check_shared(who);
	if (who == FORKS) {
		write_page(mem + 5 * PAGE, &seeds[5], 800);
		child = test_child(live, GRANDCHILD);
	}
	test_waitsig();
	if (child)
		test_end(child);
	if (who == SAME || who == DROPS)
		check_shared(who);
	check_view(who);
}

static void make_memory(void)
{
	int fd = must(open(test_path("file"), O_RDWR | O_CREAT, 0600));

	mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	for (size_t i = 0; i < PAGES; i++)
		write_page(mem + i * PAGE, &seeds[i], 1 + i);
	must(ftruncate(fd, FILE_PAGES * PAGE));
	file = must(mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	for (size_t i = 0; i < FILE_PAGES; i++)
		write_page(file + i * PAGE, &file_seeds[i], 100 + i);
	must(munmap(file, FILE_PAGES * PAGE));
	file = must(mmap(NULL, FILE_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	must(close(fd));
	write_page(file + 2 * PAGE, &file_seeds[2], 200);
	constant = map_anon(PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(constant, PAGE, constant_seed);
	must(mprotect(constant, PAGE, PROT_READ));
	hidden = map_anon(PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(hidden, PAGE, 600);
	must(madvise(hidden, PAGE, MADV_DONTFORK));
	wiped = map_anon(PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(wiped, PAGE, 400);
	must(madvise(wiped, PAGE, MADV_WIPEONFORK));
	locked = map_anon(PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(locked, PAGE, 500);
	must(mlock(locked, PAGE));
}

int main(int argc, char **argv)
{
	pid_t child[CHILDREN];

	test_init(argc, argv);
	make_memory();
	for (long i = 0; i < CHILDREN; i++)
		child[i] = test_child(live, i);
	test_daemon();
	test_waitsig();
	check_view(-1);
	for (long i = 0; i < CHILDREN; i++)
		test_end(child[i]);
	check_view(-1);
	pass();
}
