/* SPDX-License-Identifier: Apache-2.0 */
/* task_fs.c - current directory and umask of a process and of a child. */
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include "zdtm.h"

static void set(const char *name, mode_t mask)
{
	const char *path = test_path(name);

	must(mkdir(path, 0700));
	must(chdir(path));
	umask(mask);
}

static void verify(const char *name, mode_t mask)
{
	char cwd[PATH_MAX];
	struct stat a, b;
	mode_t now;

	check(getcwd(cwd, sizeof(cwd)), "getcwd: %s", strerror(errno));
	check(!strcmp(cwd, test_path(name)), "current directory is %s", cwd);
	must(stat(".", &a));
	must(stat(test_path(name), &b));
	check(a.st_ino == b.st_ino && a.st_dev == b.st_dev, ". is another directory");
	now = umask(0);
	check(now == mask, "umask is %#o, not %#o", now, mask);
}

static void child(long arg)
{
	(void)arg;
	set("child", 0127);
	test_waitsig();
	verify("child", 0127);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	set("with space", 0037);
	pid = test_child(child, 0);
	test_daemon();
	test_waitsig();
	verify("with space", 0037);
	test_end(pid);
	pass();
}
