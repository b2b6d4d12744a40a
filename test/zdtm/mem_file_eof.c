/* SPDX-License-Identifier: Apache-2.0 */
/* mem_file_eof.c - a private file mapping longer than its file: the end of the last page, and SIGBUS beyond it. */
#include <fcntl.h>
#include <signal.h>
#include "vma.h"

enum { PAGES = 6, TAIL = 100 };	/* the file is one page and TAIL bytes */

int main(int argc, char **argv)
{
	static char buf[PAGE + TAIL];
	char *clean, *copy;
	int fd;

	test_init(argc, argv);
	fd = must(open(test_path("data"), O_RDWR | O_CREAT, 0600));
	test_datagen(buf, sizeof(buf), 1);
	check(write(fd, buf, sizeof(buf)) == sizeof(buf), "cannot write the file");
	clean = must(mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0));
	copy = must(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	must(close(fd));
	check(test_datachk(clean, sizeof(buf), 1) < 0, "mapping is not the file");
	test_datagen(copy + PAGE, PAGE, 2);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(test_datachk(clean, sizeof(buf), 1) < 0, "clean pages changed");
	check(test_datachk(copy, PAGE, 1) < 0 && test_datachk(copy + PAGE, PAGE, 2) < 0, "copied page changed");
	check(touch_read(clean + 2 * PAGE) == SIGBUS && touch_read(copy + 2 * PAGE) == SIGBUS,
	      "page beyond the end of the file can be read");
	must(truncate(test_path("data"), PAGES * PAGE));
	check(touch_read(clean + 2 * PAGE) == 0 && touch_read(copy + (PAGES - 1) * PAGE) == 0,
	      "mapping does not grow with its file");
	pass();
}
