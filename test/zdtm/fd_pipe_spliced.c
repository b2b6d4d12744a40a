/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_spliced.c - a pipe that holds pages of a file and of memory (splice, vmsplice) instead of copies. */
#include <poll.h>
#include <sys/uio.h>
#include "files.h"

enum { PAGE = 4096 };

int main(int argc, char **argv)
{
	static _Alignas(PAGE) char mem[PAGE];
	static char file[2 * PAGE];
	loff_t from = 100;
	int fd, p[2];

	test_init(argc, argv);
	test_datagen(file, sizeof(file), 1);
	test_datagen(mem, sizeof(mem), 2);
	fd = file_open("data", O_RDWR | O_CREAT);
	bytes_write(fd, file, sizeof(file));
	must(pipe(p));
	check(must(splice(fd, &from, p[1], NULL, 5000, 0)) == 5000, "short splice");
	check(must(vmsplice(p[1], &(struct iovec){ mem + 7, 3000 }, 1, 0)) == 3000, "short vmsplice");
	bytes_write(p[1], "tail", 4);
	test_daemon();
	test_waitsig();
	bytes_expect(p[0], file + 100, 5000);
	bytes_expect(p[0], mem + 7, 3000);
	bytes_expect(p[0], "tail", 4);
	check(!fd_ready(p[0], POLLIN), "there is more in the pipe");
	pass();
}
