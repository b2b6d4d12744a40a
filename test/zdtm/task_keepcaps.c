/* SPDX-License-Identifier: Apache-2.0 */
/* task_keepcaps.c - the keep-capabilities flag, which needs no privilege. */
#include <sys/prctl.h>
#include "zdtm.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0)) == 1, "it is lost");
	pass();
}
