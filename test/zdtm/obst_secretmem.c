/* SPDX-License-Identifier: Apache-2.0 */
/* obst_secretmem.c - obstacle: secret memory (memfd_secret), open and not mapped. */
/* zdtm: obstacle=fd.secretmem */
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct stat st;
	long fd;

	test_init(argc, argv);
	fd = need(syscall(SYS_memfd_secret, 0), "no secret memory");
	must(ftruncate(fd, PAGE));
	test_daemon();
	test_waitsig();
	must(fstat(fd, &st));
	check(st.st_size == PAGE, "the size changed");
	pass();
}
