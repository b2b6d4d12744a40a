/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_no_writer.c - a pipe whose writers are gone gives what is left, then end of file. */
#include "files.h"

int main(int argc, char **argv)
{
	int p[2], empty[2];
	char c;

	test_init(argc, argv);
	must(pipe(p));
	must(pipe(empty));
	bytes_write(p[1], "left over", 9);
	must(close(p[1]));
	must(close(empty[1]));
	test_daemon();
	test_waitsig();
	check(must(read(empty[0], &c, 1)) == 0, "the empty pipe is not at its end");
	bytes_expect(p[0], "left over", 9);
	check(must(read(p[0], &c, 1)) == 0, "the pipe is not at its end");
	pass();
}
