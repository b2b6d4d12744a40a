/* SPDX-License-Identifier: Apache-2.0 */
/* obst_fifo_outside.c - obstacle: a FIFO whose reader is not in the tree. */
/* zdtm: obstacle=fd.fifo-outside */
#include <signal.h>
#include "obst.h"

/* Each open waits for the other. */
static void read_all(int unused)
{
	int in = file_open("fifo", O_RDONLY);
	char buf[64];

	(void)unused;
	while (read(in, buf, sizeof(buf)) > 0)
		;
}

int main(int argc, char **argv)
{
	int out;

	test_init(argc, argv);
	must(mkfifo(test_path("fifo"), 0600));
	outsider(read_all, 0);
	out = file_open("fifo", O_WRONLY);
	signal(SIGPIPE, SIG_IGN);
	test_daemon();
	test_waitsig();
	bytes_write(out, "still there?", 12);
	pass();
}
