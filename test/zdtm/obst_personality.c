/* SPDX-License-Identifier: Apache-2.0 */
/* obst_personality.c - obstacle: an execution domain of its own. */
/* zdtm: obstacle=task.personality */
#include <sys/personality.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(personality(ADDR_NO_RANDOMIZE));
	test_daemon();
	test_waitsig();
	check(must(personality(0xffffffff)) == ADDR_NO_RANDOMIZE, "the personality changed");
	pass();
}
