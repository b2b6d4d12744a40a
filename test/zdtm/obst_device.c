/* SPDX-License-Identifier: Apache-2.0 */
/* obst_device.c - obstacle: a character device with a driver behind it. */
/* zdtm: obstacle=fd.device */
#include "obst.h"

int main(int argc, char **argv)
{
	static const char *const devices[] = { "/dev/kmsg", "/dev/fuse", "/dev/rtc0", "/dev/loop-control", "/dev/net/tun" };
	struct stat st;
	int fd = -1;

	test_init(argc, argv);
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices) && fd < 0; i++)
		fd = open(devices[i], O_RDONLY);
	need(fd, "no device can be opened");
	test_daemon();
	test_waitsig();
	must(fstat(fd, &st));
	check(S_ISCHR(st.st_mode), "it is no device any more");
	pass();
}
