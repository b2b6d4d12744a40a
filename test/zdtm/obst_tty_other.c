/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tty_other.c - obstacle: a terminal that is not the controlling one. */
/* zdtm: obstacle=fd.tty-other opts=--shell-job */
#include "obst.h"

int main(int argc, char **argv)
{
	int tty;

	test_init(argc, argv);
	tty = open_terminal(O_RDWR | O_NOCTTY);
	test_daemon();
	test_waitsig();
	check(isatty(tty), "it is no terminal any more");
	pass();
}
