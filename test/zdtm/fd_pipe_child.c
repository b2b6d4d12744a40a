/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_child.c - pipes between parent and child, one each way, with data on the way in both. */
#include <signal.h>
#include <sys/syscall.h>
#include "files.h"

static void run_child(int in, int out)
{
	char c;

	bytes_write(out, "ready", 5);
	test_waitsig();
	bytes_expect(in, "question", 8);
	bytes_write(out, "answer", 6);
	/* The parent closes its end: there must be no other. */
	check(must(read(in, &c, 1)) == 0, "child: another writer is there");
	_exit(0);
}

int main(int argc, char **argv)
{
	int down[2], up[2];
	pid_t child;
	char c;

	test_init(argc, argv);
	must(pipe(down));
	must(pipe(up));
	child = test_fork();
	if (!child) {
		must(close(down[1]));
		must(close(up[0]));
		run_child(down[0], up[1]);
	}
	must(close(down[0]));
	must(close(up[1]));
	bytes_expect(up[0], "rea", 3);
	bytes_write(down[1], "quest", 5);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	bytes_write(down[1], "ion", 3);
	must(kill(child, SIGTERM));
	bytes_expect(up[0], "dyanswer", 8);
	must(close(down[1]));
	check(must(read(up[0], &c, 1)) == 0, "another writer is there");
	test_reap(child, 0);
	pass();
}
