/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_size.c - pipes of other sizes, with more in them than a pipe usually holds. */
#include <poll.h>
#include <sys/ioctl.h>
#include "files.h"

enum { PAGE = 4096, BIG = 1 << 20, FILLED = 170 * PAGE };

int main(int argc, char **argv)
{
	static char data[BIG];
	int small[2], big[2], size, n;

	test_init(argc, argv);
	must(pipe2(small, O_NONBLOCK));
	must(pipe2(big, O_NONBLOCK));
	must(fcntl(small[1], F_SETPIPE_SZ, PAGE));
	size = fcntl(big[1], F_SETPIPE_SZ, BIG);
	if (size < 0)
		skip("no pipe of 1 MiB: %s", strerror(errno));
	test_datagen(data, sizeof(data), 1);
	bytes_write(small[1], data, PAGE);
	bytes_write(big[1], data, FILLED);
	test_daemon();
	test_waitsig();
	check(must(fcntl(small[0], F_GETPIPE_SZ)) == PAGE, "small pipe has %d bytes", fcntl(small[0], F_GETPIPE_SZ));
	check(must(fcntl(big[0], F_GETPIPE_SZ)) == size, "big pipe has %d bytes", fcntl(big[0], F_GETPIPE_SZ));
	must(ioctl(big[0], FIONREAD, &n));
	check(n == FILLED, "%d bytes in the big pipe", n);
	check(write(small[1], data, 1) < 0 && errno == EAGAIN, "the full pipe has room");
	/* All of the room can be used. */
	bytes_write(big[1], data + FILLED, BIG - FILLED);
	check(write(big[1], data, 1) < 0 && errno == EAGAIN, "the big pipe is bigger");
	bytes_expect(small[0], data, PAGE);
	bytes_expect(big[0], data, BIG);
	check(!fd_ready(small[0], POLLIN) && !fd_ready(big[0], POLLIN), "there is more");
	pass();
}
