/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_pid.c - obstacle: a child in another PID namespace. */
/* zdtm: obstacle=task.namespace.pid */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	namespace_test(CLONE_NEWPID);
}
