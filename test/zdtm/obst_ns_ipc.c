/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_ipc.c - obstacle: a child in another IPC namespace. */
/* zdtm: obstacle=task.namespace.ipc */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	namespace_test(CLONE_NEWIPC);
}
