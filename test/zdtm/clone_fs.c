/* SPDX-License-Identifier: Apache-2.0 */
/* clone_fs.c - obstacle: a child that shares current directory and umask (CLONE_FS); it goes on sharing them. */
/* zdtm: obstacle=task.shares-fs */
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "zdtm.h"

int main(int argc, char **argv)
{
	char cwd[PATH_MAX];
	pid_t pid;

	test_init(argc, argv);
	must(mkdir(test_path("sub"), 0700));
	pid = must(syscall(SYS_clone, CLONE_FS | SIGCHLD, NULL, NULL, NULL, 0));
	if (!pid) {
		test_waitsig();
		umask(0123);
		must(chdir(test_path("sub")));
		_exit(0);
	}
	wait_syscall(pid, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(pid);
	check(umask(0) == 0123, "the umask is no longer shared");
	check(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, test_path("sub")), "the directory is no longer shared: %s", cwd);
	pass();
}
