/* SPDX-License-Identifier: Apache-2.0 */
/* obst_speculation.c - obstacle: speculation controls. */
/* zdtm: obstacle=task.speculation */
#include <sys/prctl.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0), "no speculation control");
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0)) & PR_SPEC_DISABLE, "it is lost");
	pass();
}
