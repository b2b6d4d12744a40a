/* SPDX-License-Identifier: Apache-2.0 */
/* obst_nsfd.c - obstacle: a descriptor of a namespace. */
/* zdtm: obstacle=fd.namespace */
#include "obst.h"

int main(int argc, char **argv)
{
	struct stat fd_st, own;
	int fd;

	test_init(argc, argv);
	fd = must(open("/proc/self/ns/net", O_RDONLY));
	test_daemon();
	test_waitsig();
	must(fstat(fd, &fd_st));
	must(stat("/proc/self/ns/net", &own));
	check(fd_st.st_ino == own.st_ino, "it is another namespace");
	pass();
}
