/* SPDX-License-Identifier: Apache-2.0 */
/* obst_mempolicy.c - obstacle: a NUMA memory policy. */
/* zdtm: obstacle=task.mempolicy */
#include <sys/syscall.h>
#include "obst.h"

enum { BIND = 2 };	/* MPOL_BIND of linux/mempolicy.h */

int main(int argc, char **argv)
{
	unsigned long nodes = 1;
	int mode;

	test_init(argc, argv);
	need(syscall(SYS_set_mempolicy, BIND, &nodes, 64), "no NUMA policy");
	test_daemon();
	test_waitsig();
	must(syscall(SYS_get_mempolicy, &mode, NULL, 0, 0, 0));
	check(mode == BIND, "the policy is now %d", mode);
	pass();
}
