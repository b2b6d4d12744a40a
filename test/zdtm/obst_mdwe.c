/* SPDX-License-Identifier: Apache-2.0 */
/* obst_mdwe.c - obstacle: memory-deny-write-execute. */
/* zdtm: obstacle=task.mdwe */
#include <sys/prctl.h>
#include "obst.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0), "no PR_SET_MDWE");
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_GET_MDWE, 0, 0, 0, 0)) == PR_MDWE_REFUSE_EXEC_GAIN, "it is lost");
	pass();
}
