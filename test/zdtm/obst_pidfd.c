/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pidfd.c - obstacle: a pidfd. */
/* zdtm: obstacle=fd.pidfd */
#include <signal.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	pid_t child;
	long fd;

	test_init(argc, argv);
	child = test_fork();
	if (!child) {
		test_waitsig();
		_exit(0);
	}
	fd = syscall(SYS_pidfd_open, child, 0);
	if (fd < 0) {
		test_end(child);
		skip("no pidfd_open");
	}
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	must(syscall(SYS_pidfd_send_signal, (int)fd, SIGTERM, NULL, 0));
	test_reap(child, 0);
	pass();
}
