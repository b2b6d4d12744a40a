/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_no_reader.c - a pipe whose readers are gone: EPIPE. */
#include <signal.h>
#include <poll.h>
#include "files.h"

int main(int argc, char **argv)
{
	int p[2];

	test_init(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	must(pipe(p));
	bytes_write(p[1], "for nobody", 10);
	must(close(p[0]));
	test_daemon();
	test_waitsig();
	check(fd_ready(p[1], POLLERR), "poll shows no error");
	check(write(p[1], "x", 1) < 0 && errno == EPIPE, "somebody can read");
	pass();
}
