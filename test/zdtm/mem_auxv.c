/* SPDX-License-Identifier: Apache-2.0 */
/* mem_auxv.c - the auxiliary vector as the kernel shows it, and the memory that it points to. */
#include <fcntl.h>
#include <sys/auxv.h>
#include "zdtm.h"

static ssize_t read_auxv(char *buf, size_t size)
{
	int fd = must(open("/proc/self/auxv", O_RDONLY | O_CLOEXEC));
	ssize_t n = must(read(fd, buf, size));

	must(close(fd));
	return n;
}

int main(int argc, char **argv)
{
	char before[4096], after[4096], name[4096], random[16];
	ssize_t n;

	test_init(argc, argv);
	n = read_auxv(before, sizeof(before));
	check(n > 64, "no auxiliary vector");
	memcpy(random, (void *)getauxval(AT_RANDOM), sizeof(random));
	strcpy(name, (char *)getauxval(AT_EXECFN));
	test_daemon();
	test_waitsig();
	check(read_auxv(after, sizeof(after)) == n && !memcmp(before, after, n), "/proc/self/auxv changed");
	check(!memcmp(random, (void *)getauxval(AT_RANDOM), sizeof(random)), "the random bytes changed");
	check(!strcmp(name, (char *)getauxval(AT_EXECFN)), "AT_EXECFN changed");
	pass();
}
