/* SPDX-License-Identifier: Apache-2.0 */
/* obst_session.c - obstacle: a child in a process group whose leader is not in the tree. */
/* zdtm: obstacle=task.session */
#include <signal.h>
#include <sys/syscall.h>
#include "obst.h"

/* It leads a group of this session; its parent is gone. Its pid comes through a file. */
static pid_t start_outsider(void)
{
	pid_t pid, between = test_fork();

	if (!between) {
		pid = test_fork();
		if (pid) {
			bytes_write(file_open("group", O_WRONLY | O_CREAT), &pid, sizeof(pid));
			must(setpgid(pid, 0));
			_exit(0);
		}
		test_waitsig();
		_exit(0);
	}
	test_reap(between, 0);
	check(read(file_open("group", O_RDONLY), &pid, sizeof(pid)) == sizeof(pid), "no pid");
	return pid;
}

int main(int argc, char **argv)
{
	pid_t leader, child;

	test_init(argc, argv);
	leader = start_outsider();
	child = test_fork();
	if (!child) {
		test_waitsig();
		check(getpgrp() == leader, "child: in another group");
		_exit(0);
	}
	must(setpgid(child, leader));
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(child);
	must(kill(leader, SIGTERM));
	pass();
}
