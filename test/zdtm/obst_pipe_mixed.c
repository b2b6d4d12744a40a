/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pipe_mixed.c - obstacle: a pipe that holds packets and a byte stream. */
/* zdtm: obstacle=fd.pipe-contents */
#include "obst.h"

int main(int argc, char **argv)
{
	char buf[64];
	int p[2];

	test_init(argc, argv);
	need(pipe2(p, O_DIRECT), "no packet pipes");
	bytes_write(p[1], "packet", 6);
	bytes_write(p[1], "packet", 6);
	must(fcntl(p[1], F_SETFL, 0));
	bytes_write(p[1], "stream", 6);
	bytes_write(p[1], "stream", 6);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < 2; i++)
		check(must(read(p[0], buf, sizeof(buf))) == 6 && !memcmp(buf, "packet", 6), "packet %d changed", i);
	check(must(read(p[0], buf, sizeof(buf))) == 12 && !memcmp(buf, "streamstream", 12), "the stream changed");
	pass();
}
