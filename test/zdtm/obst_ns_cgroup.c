/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_cgroup.c - obstacle: a child in another cgroup namespace. */
/* zdtm: obstacle=task.namespace.cgroup */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	namespace_test(CLONE_NEWCGROUP);
}
