/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pdeathsig.c - obstacle: a child that asked for a signal at its parent's death. */
/* zdtm: obstacle=task.pdeathsig */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int ready[2], sig;
	pid_t child;

	test_init(argc, argv);
	must(pipe(ready));
	child = test_fork();
	if (!child) {
		must(prctl(PR_SET_PDEATHSIG, SIGUSR2));
		bytes_write(ready[1], "x", 1);
		test_waitsig();
		must(prctl(PR_GET_PDEATHSIG, &sig));
		check(sig == SIGUSR2, "child: the signal is now %d", sig);
		_exit(0);
	}
	bytes_expect(ready[0], "x", 1);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(child);
	pass();
}
