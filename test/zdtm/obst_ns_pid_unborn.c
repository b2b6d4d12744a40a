/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_pid_unborn.c - obstacle: children will be in another PID namespace, but there is none yet. */
/* zdtm: obstacle=task.namespace.pid */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(unshare(CLONE_NEWPID), "unshare(CLONE_NEWPID)");
	test_daemon();
	test_waitsig();
	pass();
}
