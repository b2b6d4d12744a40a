/* SPDX-License-Identifier: Apache-2.0 */
/* obst_mce_kill.c - obstacle: a machine-check policy of its own. */
/* zdtm: obstacle=task.mce-kill */
#include <sys/prctl.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0), "no machine-check policy");
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0)) == PR_MCE_KILL_EARLY, "it is lost");
	pass();
}
