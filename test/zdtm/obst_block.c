/* SPDX-License-Identifier: Apache-2.0 */
/* obst_block.c - obstacle: a block device. */
/* zdtm: obstacle=fd.block */
#include "obst.h"

int main(int argc, char **argv)
{
	static const char *const devices[] = { "/dev/loop0", "/dev/ram0", "/dev/vda", "/dev/sda", "/dev/nvme0n1" };
	struct stat st;
	int fd = -1;

	test_init(argc, argv);
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices) && fd < 0; i++)
		fd = open(devices[i], O_RDONLY);
	need(fd, "no block device can be opened");
	test_daemon();
	test_waitsig();
	must(fstat(fd, &st));
	check(S_ISBLK(st.st_mode), "it is no block device any more");
	pass();
}
