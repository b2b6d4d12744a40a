/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_blocked_reader.c - a reader blocked on an empty pipe gets what is written later, with no error. */
#include <sys/syscall.h>
#include "files.h"

int main(int argc, char **argv)
{
	char buf[64];
	pid_t child;
	int p[2];

	test_init(argc, argv);
	must(pipe(p));
	child = test_fork();
	if (!child) {
		must(close(p[1]));
		check(must(read(p[0], buf, sizeof(buf))) == 5 && !memcmp(buf, "hello", 5), "child: read something else");
		check(must(read(p[0], buf, sizeof(buf))) == 0, "child: no end of file");
		_exit(0);
	}
	must(close(p[0]));
	wait_syscall(child, SYS_read);
	test_daemon();
	test_waitsig();
	bytes_write(p[1], "hello", 5);
	wait_syscall(child, SYS_read);
	must(close(p[1]));
	test_reap(child, 0);
	pass();
}
