/* SPDX-License-Identifier: Apache-2.0 */
/* obst_device_mapped.c - obstacle: memory of a device. */
/* zdtm: obstacle=mm.device */
#include "obst.h"

int main(int argc, char **argv)
{
	char *mem, before[64];
	long fd;

	test_init(argc, argv);
	fd = need(open("/dev/mem", O_RDONLY), "no /dev/mem");
	/* The BIOS. */
	mem = need_map(PAGE, PROT_READ, MAP_SHARED, fd, "cannot map it");
	must(close(fd));
	memcpy(before, mem, sizeof(before));
	test_daemon();
	test_waitsig();
	check(!memcmp(before, mem, sizeof(before)), "data changed");
	pass();
}
