/* SPDX-License-Identifier: Apache-2.0 */
/* fd_proc_kernel.c - files of /proc that tell of the kernel, half read. */
#include "files.h"

int main(int argc, char **argv)
{
	char all[512] = "", rest[512] = "", line[8];
	int version, meminfo;
	ssize_t len;

	test_init(argc, argv);
	version = must(open("/proc/version", O_RDONLY));
	len = must(read(version, all, sizeof(all)));
	must(lseek(version, 6, SEEK_SET));
	meminfo = must(open("/proc/meminfo", O_RDONLY | O_CLOEXEC));
	bytes_expect(meminfo, "MemTotal", 8);
	test_daemon();
	test_waitsig();
	check(must(read(version, rest, sizeof(rest))) == len - 6 && !memcmp(rest, all + 6, len - 6),
	      "it does not go on where it was: %s", rest);
	bytes_expect(meminfo, ":", 1);
	must(lseek(meminfo, 0, SEEK_SET));
	bytes_expect(meminfo, "MemTotal", sizeof(line));
	check(write(version, "x", 1) == -1 && errno == EBADF, "it can be written");
	pass();
}
