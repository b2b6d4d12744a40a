/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pdeathsig.c - obstacle: a signal at the death of a parent who is outside of the tree. */
/* zdtm: obstacle=task.pdeathsig */
#include <signal.h>
#include <sys/prctl.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int sig;

	test_init(argc, argv);
	must(prctl(PR_SET_PDEATHSIG, SIGUSR2));
	test_daemon();
	test_waitsig();
	must(prctl(PR_GET_PDEATHSIG, &sig));
	check(sig == SIGUSR2, "the signal is now %d", sig);
	pass();
}
