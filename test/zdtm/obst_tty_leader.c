/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tty_leader.c - obstacle: the leader of a session that a terminal controls, even with --shell-job. */
/* zdtm: obstacle=task.tty opts=--shell-job */
#include <termios.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int tty;

	test_init(argc, argv);
	if (getsid(0) != getpid())
		must(setsid());
	tty = open_terminal(O_RDWR);
	check(must(tcgetsid(tty)) == getpid(), "it is not the controlling terminal");
	test_daemon();
	test_waitsig();
	check(must(tcgetsid(tty)) == getpid(), "the controlling terminal is lost");
	pass();
}
