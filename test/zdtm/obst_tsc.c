/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tsc.c - obstacle: a child that may not read the time stamp counter. */
/* zdtm: obstacle=task.tsc */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int ready[2], mode;
	pid_t child;

	test_init(argc, argv);
	must(pipe(ready));
	child = test_fork();
	if (!child) {
		mode = prctl(PR_SET_TSC, PR_TSC_SIGSEGV) < 0 ? 'n' : 'y';
		must(write(ready[1], &mode, 1));
		test_waitsig();
		must(prctl(PR_GET_TSC, &mode));
		_exit(mode == PR_TSC_SIGSEGV ? 0 : 1);
	}
	mode = 0;
	must(read(ready[0], &mode, 1));
	if (mode != 'y') {
		must(kill(child, SIGKILL));
		skip("no PR_SET_TSC");
	}
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(child);
	pass();
}
