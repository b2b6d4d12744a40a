/* SPDX-License-Identifier: Apache-2.0 */
/* obst_keepcaps.c - obstacle: the keep-capabilities flag. */
/* zdtm: obstacle=task.keepcaps */
#include <sys/prctl.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "no PR_SET_KEEPCAPS");
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0)) == 1, "it is lost");
	pass();
}
