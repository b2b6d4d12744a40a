/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_owner.c - owner and mode of a pipe, so that its owner can open it again through /proc/self/fd. */
#include <stdio.h>
#include <sys/prctl.h>
#include "files.h"

enum { OWNER = 1234, GROUP = 1235 };

/* As daemons do with /dev/stderr after they gave up root. */
static void reopen_as_owner(int fd)
{
	pid_t child = test_fork();
	char path[64];

	if (!child) {
		if (!geteuid()) {
			must(setresgid(GROUP, GROUP, GROUP));
			must(setresuid(OWNER, OWNER, OWNER));
		}
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		bytes_write(must(open(path, O_WRONLY)), "reopened", 8);
		_exit(0);
	}
	test_reap(child, 0);
}

int main(int argc, char **argv)
{
	struct stat before, after;
	int p[2];

	test_init(argc, argv);
	must(pipe(p));
	if (!geteuid())
		must(fchown(p[1], OWNER, GROUP));
	must(fchmod(p[1], 0620));
	must(fstat(p[1], &before));
	test_daemon();
	test_waitsig();
	must(fstat(p[1], &after));
	check(after.st_uid == before.st_uid && after.st_gid == before.st_gid, "owner was %u:%u, now %u:%u",
	      before.st_uid, before.st_gid, after.st_uid, after.st_gid);
	check(after.st_mode == before.st_mode, "mode was %#o, now %#o", before.st_mode, after.st_mode);
	reopen_as_owner(p[1]);
	bytes_expect(p[0], "reopened", 8);
	pass();
}
