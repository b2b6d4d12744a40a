/* SPDX-License-Identifier: Apache-2.0 */
/* obst_owner.c - obstacle: a pipe that sends signals to its owner (F_SETOWN). */
/* zdtm: obstacle=fd.owner */
#include <signal.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int p[2];

	test_init(argc, argv);
	must(pipe(p));
	must(fcntl(p[0], F_SETOWN, getpid()));
	must(fcntl(p[0], F_SETSIG, SIGUSR1));
	test_daemon();
	test_waitsig();
	check(must(fcntl(p[0], F_GETOWN)) == getpid() && must(fcntl(p[0], F_GETSIG)) == SIGUSR1, "the owner changed");
	pass();
}
