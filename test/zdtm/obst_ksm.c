/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ksm.c - obstacle: all memory may be merged (PR_SET_MEMORY_MERGE). */
/* zdtm: obstacle=task.ksm */
#include <sys/prctl.h>
#include "obst.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0), "no PR_SET_MEMORY_MERGE");
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)) == 1, "it is lost");
	pass();
}
