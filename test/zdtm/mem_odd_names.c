/* SPDX-License-Identifier: Apache-2.0 */
/* mem_odd_names.c - mapped files whose names have spaces, newlines and backslashes, or look like something else. */
#include "files.h"
#include "vma.h"

static const char *const names[] = {
	"with  spaces ", "new\nline", "\\012 backslash", "looks (deleted)", "[heap]", "no utf-8 \xff\xfe", "//anon",
};
enum { NAMES = sizeof(names) / sizeof(*names) };

int main(int argc, char **argv)
{
	char *mem[NAMES];
	int fd;

	test_init(argc, argv);
	for (size_t i = 0; i < NAMES; i++) {
		fd = file_open(names[i], O_RDWR | O_CREAT);
		must(ftruncate(fd, PAGE));
		mem[i] = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, i % 2 ? MAP_SHARED : MAP_PRIVATE, fd, 0));
		must(close(fd));
		test_datagen(mem[i], PAGE, i);
	}
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	for (size_t i = 0; i < NAMES; i++)
		check(test_datachk(mem[i], PAGE, i) < 0, "data of '%s' changed", names[i]);
	pass();
}
