/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_uts.c - obstacle: a child in another UTS namespace. */
/* zdtm: obstacle=task.namespace.uts */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	namespace_test(CLONE_NEWUTS);
}
