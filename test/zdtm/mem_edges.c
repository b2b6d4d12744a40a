/* SPDX-License-Identifier: Apache-2.0 */
/* mem_edges.c - mappings at the lowest and the highest address there is, and nothing below or between. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include "vma.h"

static char *map_at(unsigned long addr)
{
	char *mem = mmap((void *)addr, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (mem == MAP_FAILED)
		skip("cannot map at %#lx: %s", addr, strerror(errno));
	return mem;
}

static unsigned long lowest(void)
{
	char buf[32] = { };
	int fd = must(open("/proc/sys/vm/mmap_min_addr", O_RDONLY | O_CLOEXEC));
	unsigned long addr;

	must(read(fd, buf, sizeof(buf) - 1));
	must(close(fd));
	addr = strtoul(buf, NULL, 10);
	return addr ? addr : PAGE;
}

int main(int argc, char **argv)
{
	char *low, *high = NULL;

	test_init(argc, argv);
	low = map_at(lowest());
#ifdef __x86_64__
	high = map_at(0x7fffffffe000);
	test_datagen(high, PAGE, 2);
#endif
	test_datagen(low, PAGE, 1);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(test_datachk(low, PAGE, 1) < 0 && (!high || test_datachk(high, PAGE, 2) < 0), "data changed");
	check(touch_read(low + PAGE) == SIGSEGV, "the page after the lowest can be read");
	check(touch_read((void *)8) == SIGSEGV, "the null page can be read");
	check(!high || touch_read(high - PAGE) == SIGSEGV, "the page before the highest can be read");
	pass();
}
