/* SPDX-License-Identifier: Apache-2.0 */
/* mem_file_private.c - a private file mapping: copied pages are kept, clean ones go on following the file. */
#include <fcntl.h>
#include "vma.h"

enum { PAGES = 16, FIRST = 3 };	/* the mapping begins at page FIRST of the file */

static bool copied(size_t i)
{
	return i % 3 == 1;
}

int main(int argc, char **argv)
{
	static char buf[PAGE];
	char *mem;
	int fd;

	test_init(argc, argv);
	fd = must(open(test_path("data"), O_RDWR | O_CREAT, 0600));
	for (size_t i = 0; i < PAGES + FIRST; i++) {
		test_datagen(buf, PAGE, i);
		check(write(fd, buf, PAGE) == PAGE, "cannot write the file");
	}
	mem = must(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, FIRST * PAGE));
	must(close(fd));
	for (size_t i = 0; i < PAGES; i++)
		if (copied(i))
			test_datagen(mem + i * PAGE, PAGE, 100 + i);
		else if (i % 3 == 0)
			check(test_datachk(mem + i * PAGE, PAGE, FIRST + i) < 0, "mapping is not the file");
	must(mprotect(mem + 8 * PAGE, 4 * PAGE, PROT_READ));
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	for (size_t i = 0; i < PAGES; i++)
		check(test_datachk(mem + i * PAGE, PAGE, copied(i) ? 100 + i : FIRST + i) < 0, "page %zu changed", i);
	fd = must(open(test_path("data"), O_RDWR));
	for (size_t i = 0; i < PAGES; i++) {
		test_datagen(buf, PAGE, 200 + i);
		check(pwrite(fd, buf, PAGE, (FIRST + i) * PAGE) == PAGE, "cannot write the file");
		check(test_datachk(mem + i * PAGE, PAGE, copied(i) ? 100 + i : 200 + i) < 0,
		      "page %zu %s the file", i, copied(i) ? "follows" : "no longer follows");
	}
	/* A write into the mapping stays out of the file. */
	mem[0]++;
	check(pread(fd, buf, PAGE, FIRST * PAGE) == PAGE && test_datachk(buf, PAGE, 200) < 0, "the file was written");
	pass();
}
