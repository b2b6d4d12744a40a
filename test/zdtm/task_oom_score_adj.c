/* SPDX-License-Identifier: Apache-2.0 */
/* task_oom_score_adj.c - oom_score_adj of a process and of a child. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include "zdtm.h"

static const char path[] = "/proc/self/oom_score_adj";

static void set(int value)
{
	char text[16];
	int fd = must(open(path, O_WRONLY)), len = snprintf(text, sizeof(text), "%d\n", value);

	check(write(fd, text, len) == len, "cannot write %s", path);
	close(fd);
}

static void verify(const char *who, int want)
{
	char text[16] = "";
	int fd = must(open(path, O_RDONLY));

	check(read(fd, text, sizeof(text) - 1) > 0, "cannot read %s", path);
	close(fd);
	check(atoi(text) == want, "%s: was %d, is %d", who, want, atoi(text));
}

static void child(long value)
{
	set(value);
	test_waitsig();
	verify("child", value);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(child, 777);
	set(500);
	test_daemon();
	test_waitsig();
	verify("parent", 500);
	test_end(pid);
	pass();
}
