/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pipe_outside.c - obstacle: a pipe whose reader is not in the tree. */
/* zdtm: obstacle=fd.pipe-outside */
#include <signal.h>
#include "obst.h"

static int hand;	/* the writing end, which the outsider must not hold */

static void read_all(int in)
{
	char buf[64];

	close(hand);
	while (read(in, buf, sizeof(buf)) > 0)
		;
}

int main(int argc, char **argv)
{
	int p[2];

	test_init(argc, argv);
	must(pipe(p));
	hand = p[1];
	outsider(read_all, p[0]);
	must(close(p[0]));
	signal(SIGPIPE, SIG_IGN);
	test_daemon();
	test_waitsig();
	bytes_write(p[1], "still there?", 12);
	pass();
}
