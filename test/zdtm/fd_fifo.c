/* SPDX-License-Identifier: Apache-2.0 */
/* fd_fifo.c - a FIFO with contents, opened in every way. */
#include <poll.h>
#include <sys/ioctl.h>
#include "files.h"

int main(int argc, char **argv)
{
	int both, in, out, n;
	struct stat a, b;

	test_init(argc, argv);
	must(mkfifo(test_path("fifo"), 0640));
	both = file_open("fifo", O_RDWR);
	in = file_open("fifo", O_RDONLY | O_NONBLOCK);
	out = file_open("fifo", O_WRONLY);
	must(fcntl(both, F_SETPIPE_SZ, 8192));
	bytes_write(out, "contents", 8);
	test_daemon();
	test_waitsig();
	check(must(fcntl(in, F_GETPIPE_SZ)) == 8192, "the size is now %d", fcntl(in, F_GETPIPE_SZ));
	check(must(fcntl(in, F_GETFL)) & O_NONBLOCK, "O_NONBLOCK is lost");
	must(fstat(in, &a));
	must(stat(test_path("fifo"), &b));
	check(a.st_ino == b.st_ino && S_ISFIFO(a.st_mode), "it is another file");
	must(ioctl(in, FIONREAD, &n));
	check(n == 8, "%d bytes are in it", n);
	bytes_write(both, "!", 1);
	bytes_expect(in, "cont", 4);
	bytes_expect(both, "ents!", 5);
	check(!fd_ready(in, POLLIN), "there is more");
	pass();
}
