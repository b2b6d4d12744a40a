/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ioprio.c - obstacle: an I/O priority. */
/* zdtm: obstacle=task.ioprio */
#include <sys/syscall.h>
#include "obst.h"

enum { WHO_PROCESS = 1, BEST_EFFORT_3 = 2 << 13 | 3 };	/* ioprio_set(2) */

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(syscall(SYS_ioprio_set, WHO_PROCESS, 0, BEST_EFFORT_3), "no I/O priorities");
	test_daemon();
	test_waitsig();
	check(must(syscall(SYS_ioprio_get, WHO_PROCESS, 0)) == BEST_EFFORT_3, "the priority changed");
	pass();
}
