/* SPDX-License-Identifier: Apache-2.0 */
/* fd_fifo_child.c - a FIFO between parent and child: nobody has it open for both, and no open may wait for the other. */
#include <sys/syscall.h>
#include "files.h"

int main(int argc, char **argv)
{
	pid_t child;
	int in, out;
	char c;

	test_init(argc, argv);
	must(mkfifo(test_path("fifo"), 0600));
	in = file_open("fifo", O_RDONLY | O_NONBLOCK);
	out = file_open("fifo", O_WRONLY);
	must(fcntl(in, F_SETFL, 0));
	child = test_fork();
	if (!child) {
		must(close(out));
		test_waitsig();
		bytes_expect(in, "before after", 12);
		check(must(read(in, &c, 1)) == 0, "child: there is another writer");
		_exit(0);
	}
	must(close(in));
	bytes_write(out, "before ", 7);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	bytes_write(out, "after", 5);
	must(close(out));
	test_end(child);
	pass();
}
