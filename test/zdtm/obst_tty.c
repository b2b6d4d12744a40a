/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tty.c - obstacle: a controlling terminal, dumped without --shell-job. */
/* zdtm: obstacle=fd.tty */
#include "obst.h"

int main(int argc, char **argv)
{
	int tty;

	test_init(argc, argv);
	if (getsid(0) != getpid())
		must(setsid());
	/* The first terminal that a session leader opens becomes the controlling one. */
	tty = open_terminal(O_RDWR);
	check(must(tcgetpgrp(tty)) == getpgrp(), "it is not the controlling terminal");
	test_daemon();
	test_waitsig();
	check(isatty(tty) && must(tcgetpgrp(tty)) == getpgrp(), "it is no longer the controlling terminal");
	pass();
}
