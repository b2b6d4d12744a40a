/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_mnt.c - obstacle: a child in another mount namespace. */
/* zdtm: obstacle=task.namespace.mnt */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	namespace_test(CLONE_NEWNS);
}
