/* SPDX-License-Identifier: Apache-2.0 */
/* mem_exe.c - the executable link and the bounds of code, data, heap, stack, arguments and environment. */
#include <fcntl.h>
#include <limits.h>
#include "zdtm.h"

static void slurp(const char *path, char *buf, size_t size)
{
	int fd = must(open(path, O_RDONLY | O_CLOEXEC));
	ssize_t n = must(read(fd, buf, size - 1));

	buf[n] = '\0';
	must(close(fd));
}

/* Field `number` of /proc/self/stat: start and length. */
static char *stat_field(char *buf, int number, int *len)
{
	char *at = strrchr(buf, ')') + 2;

	for (int i = 3; i < number; i++)
		at = strchr(at, ' ') + 1;
	*len = strcspn(at, " \n");
	return at;
}

int main(int argc, char **argv)
{
	static const int fields[] = { 26, 27, 28, 45, 46, 47, 48, 49, 50, 51 };
	char before[4096], after[4096], exe[2][PATH_MAX] = { };
	int la, lb;

	test_init(argc, argv);
	must(readlink("/proc/self/exe", exe[0], PATH_MAX - 1));
	slurp("/proc/self/stat", before, sizeof(before));
	test_daemon();
	test_waitsig();
	must(readlink("/proc/self/exe", exe[1], PATH_MAX - 1));
	check(!strcmp(exe[0], exe[1]), "/proc/self/exe was %s, now %s", exe[0], exe[1]);
	slurp("/proc/self/stat", after, sizeof(after));
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		char *a = stat_field(before, fields[i], &la), *b = stat_field(after, fields[i], &lb);

		check(la == lb && !memcmp(a, b, la), "field %d of /proc/self/stat was %.*s, now %.*s", fields[i],
		      la, a, lb, b);
	}
	pass();
}
