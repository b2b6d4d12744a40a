/* SPDX-License-Identifier: Apache-2.0 */
/* mem_cmdline.c - a command line overwritten in place, up into the environment, as setproctitle does. */
#include <fcntl.h>
#include "zdtm.h"

extern char **environ;

static ssize_t slurp(const char *path, char *buf, size_t size)
{
	int fd = must(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t n = must(read(fd, buf, size));

	must(close(fd));
	return n;
}

int main(int argc, char **argv)
{
	static char cmdline[2][65536], env[2][65536];
	static char title[] = "ckpt test: a title of its own, on 10.0.0.1:4711";
	char *start = argv[0], *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
	ssize_t n[2];

	test_init(argc, argv);
	for (char **e = environ; *e; e++)
		if (*e == end)
			end += strlen(end) + 1;
	environ = NULL;
	check(end - start > (ssize_t)sizeof(title), "no room for the title");
	/* Without a zero at the end of the arguments the kernel reads on into the environment. */
	memset(start, ' ', end - start);
	memcpy(start, title, sizeof(title) - 1);
	end[-1] = '\0';
	n[0] = slurp("/proc/self/cmdline", cmdline[0], sizeof(cmdline[0]));
	n[1] = slurp("/proc/self/environ", env[0], sizeof(env[0]));
	check(n[0] >= (ssize_t)sizeof(title) && !memcmp(cmdline[0], title, sizeof(title) - 1), "title does not show");
	test_daemon();
	test_waitsig();
	check(slurp("/proc/self/cmdline", cmdline[1], sizeof(cmdline[1])) == n[0] &&
	      !memcmp(cmdline[0], cmdline[1], n[0]), "command line changed: %.60s", cmdline[1]);
	check(slurp("/proc/self/environ", env[1], sizeof(env[1])) == n[1] && !memcmp(env[0], env[1], n[1]),
	      "environment changed");
	start[0] = 'C';
	slurp("/proc/self/cmdline", cmdline[1], sizeof(cmdline[1]));
	check(cmdline[1][0] == 'C', "a new title does not show");
	pass();
}
