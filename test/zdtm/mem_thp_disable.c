/* SPDX-License-Identifier: Apache-2.0 */
/* mem_thp_disable.c - PR_SET_THP_DISABLE of a process and the one that its child does not have. */
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "zdtm.h"

int main(int argc, char **argv)
{
	pid_t child;

	test_init(argc, argv);
	child = test_fork();
	if (!child) {
		test_waitsig();
		check(must(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)) == 0, "child: huge pages got disabled");
		_exit(0);
	}
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0) {
		test_end(child);
		skip("PR_SET_THP_DISABLE: %s", strerror(errno));
	}
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)) == 1, "huge pages are no longer disabled");
	test_end(child);
	pass();
}
