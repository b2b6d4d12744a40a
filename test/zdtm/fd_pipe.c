/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe.c - both ends of a pipe in one process: its contents, and flags of each end. */
#include <poll.h>
#include "files.h"

int main(int argc, char **argv)
{
	static char data[10000];
	int p[2], empty[2];
	char c;

	test_init(argc, argv);
	must(pipe(p));
	must(pipe2(empty, O_CLOEXEC));
	test_datagen(data, sizeof(data), 1);
	bytes_write(p[1], data, 1);
	bytes_write(p[1], data + 1, 5000);
	bytes_write(p[1], data + 5001, sizeof(data) - 5001);
	bytes_expect(p[0], data, 100);
	must(fcntl(empty[0], F_SETFL, O_NONBLOCK));
	test_daemon();
	test_waitsig();
	check(must(fcntl(empty[0], F_GETFL)) == (O_RDONLY | O_NONBLOCK) && must(fcntl(empty[1], F_GETFL)) == O_WRONLY,
	      "flags changed");
	check(must(fcntl(empty[0], F_GETFD)) == FD_CLOEXEC && must(fcntl(p[0], F_GETFD)) == 0, "close-on-exec changed");
	check(read(empty[0], &c, 1) < 0 && errno == EAGAIN, "there is something in the empty pipe");
	bytes_write(p[1], "end", 3);
	bytes_expect(p[0], data + 100, sizeof(data) - 100);
	bytes_expect(p[0], "end", 3);
	check(!fd_ready(p[0], POLLIN), "there is more in the pipe");
	bytes_write(empty[1], "x", 1);
	bytes_expect(empty[0], "x", 1);
	must(close(p[1]));
	check(must(read(p[0], &c, 1)) == 0, "the pipe has another writer");
	pass();
}
