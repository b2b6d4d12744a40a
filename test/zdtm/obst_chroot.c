/* SPDX-License-Identifier: Apache-2.0 */
/* obst_chroot.c - obstacle: a child with another root directory. */
/* zdtm: obstacle=task.chroot */
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int ready[2];
	pid_t child;
	char c = 0;

	test_init(argc, argv);
	if (geteuid())
		skip("only root can do that");
	must(mkdir(test_path("root"), 0755));
	must(mkdir(test_path("root/inside"), 0755));
	must(pipe(ready));
	child = test_fork();
	if (!child) {
		must(chroot(test_path("root")));
		must(chdir("/"));
		must(write(ready[1], &c, 1));
		test_waitsig();
		_exit(access("/inside", F_OK) ? 1 : 0);
	}
	bytes_expect(ready[0], &c, 1);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(child);
	pass();
}
