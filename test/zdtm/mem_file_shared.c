/* SPDX-License-Identifier: Apache-2.0 */
/* mem_file_shared.c - shared file mappings: writes reach the file and other mappings; writable only where the file was. */
#include <fcntl.h>
#include <signal.h>
#include "vma.h"

enum { PAGES = 8, FIRST = 2 };

static char *map_file(int flags, int prot)
{
	int fd = must(open(test_path("data"), flags));
	char *mem = must(mmap(NULL, PAGES * PAGE, prot, MAP_SHARED, fd, FIRST * PAGE));

	must(close(fd));
	return mem;
}

int main(int argc, char **argv)
{
	static char buf[PAGE];
	char *rw, *ro, *ro_can_write;
	int fd;

	test_init(argc, argv);
	fd = must(open(test_path("data"), O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, (FIRST + PAGES) * PAGE));
	must(close(fd));
	rw = map_file(O_RDWR, PROT_READ | PROT_WRITE);
	ro = map_file(O_RDONLY, PROT_READ);
	ro_can_write = map_file(O_RDWR, PROT_READ);
	test_datagen(rw, PAGE, 1);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(test_datachk(ro, PAGE, 1) < 0, "data written before is not in the file");
	test_datagen(rw + 5 * PAGE, PAGE, 2);
	check(test_datachk(ro + 5 * PAGE, PAGE, 2) < 0, "another mapping of the file does not show a write");
	fd = must(open(test_path("data"), O_RDONLY));
	check(pread(fd, buf, PAGE, (FIRST + 5) * PAGE) == PAGE && test_datachk(buf, PAGE, 2) < 0,
	      "write did not reach the file");
	check(touch_write(ro) == SIGSEGV && touch_write(ro_can_write) == SIGSEGV, "read-only mapping can be written");
	check(mprotect(ro, PAGE, PROT_READ | PROT_WRITE) < 0 && errno == EACCES,
	      "mapping of a file opened for reading can become writable");
	must(mprotect(ro_can_write, PAGE, PROT_READ | PROT_WRITE));
	ro_can_write[0]++;
	check(rw[0] == ro_can_write[0] && ro[0] == rw[0], "the mappings are not of one file");
	pass();
}
