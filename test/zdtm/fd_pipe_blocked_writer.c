/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_blocked_writer.c - a writer blocked on a full pipe writes everything once, with no error. */
#include <sys/syscall.h>
#include "files.h"

enum { PAGE = 4096, FULL = 65536 };

int main(int argc, char **argv)
{
	static char data[FULL + PAGE];
	pid_t child;
	int p[2];
	char c;

	test_init(argc, argv);
	test_datagen(data, sizeof(data), 1);
	must(pipe(p));
	must(fcntl(p[1], F_SETPIPE_SZ, FULL));
	bytes_write(p[1], data, FULL);
	child = test_fork();
	if (!child) {
		must(close(p[0]));
		check(must(write(p[1], data + FULL, PAGE)) == PAGE, "child: short write");
		_exit(0);
	}
	must(close(p[1]));
	wait_syscall(child, SYS_write);
	test_daemon();
	test_waitsig();
	bytes_expect(p[0], data, sizeof(data));
	check(must(read(p[0], &c, 1)) == 0, "there is more in the pipe");
	test_reap(child, 0);
	pass();
}
