/* SPDX-License-Identifier: Apache-2.0 */
/* mem_cmdline_moved.c - a command line that prctl(PR_SET_MM_MAP) has put into other memory. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include "vma.h"

static ssize_t slurp(const char *path, char *buf, size_t size)
{
	int fd = must(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t n = must(read(fd, buf, size - 1));

	buf[n] = '\0';
	must(close(fd));
	return n;
}

/* Fields of proc(5)'s /proc/PID/stat; numbers count from 1, the text after the name begins with 3. */
static unsigned long stat_field(int number)
{
	char buf[4096], *at;

	slurp("/proc/self/stat", buf, sizeof(buf));
	at = strrchr(buf, ')') + 1;
	for (int i = 3; i < number; i++)
		at = strchr(at + 1, ' ');
	return strtoul(at, NULL, 10);
}

int main(int argc, char **argv)
{
	static const char title[] = "moved title";
	char *mem, cmdline[4096];
	struct prctl_mm_map map = { .exe_fd = -1 };

	test_init(argc, argv);
	mem = map_anon(PAGE, PROT_READ | PROT_WRITE, 0);
	strcpy(mem, title);
	map.start_code = stat_field(26);
	map.end_code = stat_field(27);
	map.start_stack = stat_field(28);
	map.start_data = stat_field(45);
	map.end_data = stat_field(46);
	map.start_brk = stat_field(47);
	map.brk = (unsigned long)sbrk(0);
	map.arg_start = (unsigned long)mem;
	map.arg_end = map.arg_start + sizeof(title);
	map.env_start = map.arg_end;
	map.env_end = map.arg_end;
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
		skip("PR_SET_MM_MAP: %s", strerror(errno));
	test_daemon();
	test_waitsig();
	check(slurp("/proc/self/cmdline", cmdline, sizeof(cmdline)) == sizeof(title) && !strcmp(cmdline, title),
	      "command line is now '%s'", cmdline);
	check(slurp("/proc/self/environ", cmdline, sizeof(cmdline)) == 0, "environment is now '%s'", cmdline);
	check(stat_field(48) == map.arg_start && stat_field(49) == map.arg_end, "the arguments moved");
	pass();
}
