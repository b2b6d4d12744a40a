/* SPDX-License-Identifier: Apache-2.0 */
/* obst_unix.c - obstacle: a pair of Unix domain sockets, with data on the way. */
/* zdtm: obstacle=fd.unix */
#include "obst.h"

int main(int argc, char **argv)
{
	int s[2];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	bytes_write(s[0], "on the way", 10);
	test_daemon();
	test_waitsig();
	bytes_expect(s[1], "on the way", 10);
	bytes_write(s[1], "back", 4);
	bytes_expect(s[0], "back", 4);
	pass();
}
