/* SPDX-License-Identifier: Apache-2.0 */
/* obst.c - for tests of obstacles: a dump must refuse the program, name the reason, and leave it unharmed. */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include "obst.h"

long need(long value, const char *what)
{
	if (value == -1)
		skip("%s: %s", what, strerror(errno));
	return value;
}

void *need_map(size_t len, int prot, int flags, int fd, const char *what)
{
	return (void *)need((long)mmap(NULL, len, prot, flags, fd, 0), what);
}

void namespace_test(int clone_flag)
{
	pid_t child = need(syscall(SYS_clone, clone_flag | SIGCHLD, 0, 0, 0, 0), "cannot make the namespace");

	if (!child) {
		test_waitsig();
		_exit(0);
	}
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(child);
	pass();
}

static void hold_master(int master)
{
	char buf[64];

	/* EIO comes when the last slave is closed. */
	while (read(master, buf, sizeof(buf)) > 0)
		;
}

int open_terminal(int flags)
{
	int master = need(posix_openpt(O_RDWR | O_NOCTTY), "no pseudoterminals");
	int slave;

	must(grantpt(master));
	must(unlockpt(master));
	slave = must(open(ptsname(master), flags));
	outsider(hold_master, master);
	must(close(master));
	return slave;
}
