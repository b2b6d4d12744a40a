/* SPDX-License-Identifier: Apache-2.0 */
/* fd_direct.c - O_DIRECT on a regular file. */
#include <stdlib.h>
#include "files.h"

enum { BLOCK = 4096 };

int main(int argc, char **argv)
{
	char *buf;
	int fd;

	test_init(argc, argv);
	records_make("data", 4 * BLOCK / RECORD);
	fd = open(test_path("data"), O_RDWR | O_DIRECT);
	if (fd < 0)
		skip("the file system has no O_DIRECT: %s", strerror(errno));
	check(!posix_memalign((void **)&buf, BLOCK, BLOCK), "no memory");
	if (read(fd, buf, BLOCK) != BLOCK)
		skip("O_DIRECT needs another alignment than %d", BLOCK);
	test_daemon();
	test_waitsig();
	check(must(fcntl(fd, F_GETFL)) & O_DIRECT, "O_DIRECT is lost");
	check(must(read(fd, buf, BLOCK)) == BLOCK && atoi(buf) == BLOCK / RECORD, "the second block is '%.16s'", buf);
	/* Direct I/O refuses an odd length; buffered I/O would not. */
	check(write(fd, buf + 1, 7) < 0 && errno == EINVAL, "writes are buffered");
	pass();
}
