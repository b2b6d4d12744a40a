/* SPDX-License-Identifier: Apache-2.0 */
/* obst_shared_anon.c - obstacle: shared anonymous memory. */
/* zdtm: obstacle=mm.shared-anonymous */
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	pid_t child;
	char *mem;

	test_init(argc, argv);
	mem = must(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	child = test_fork();
	if (!child) {
		test_datagen(mem + PAGE, PAGE, 2);
		test_waitsig();
		check(test_datachk(mem, PAGE, 3) < 0, "child: it is not shared");
		_exit(0);
	}
	test_datagen(mem, PAGE, 1);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	test_datagen(mem, PAGE, 3);
	test_end(child);
	check(test_datachk(mem + PAGE, PAGE, 2) < 0, "the child's data changed");
	pass();
}
