/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_user.c - obstacle: a child in another user namespace. */
/* zdtm: obstacle=task.namespace.user */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	namespace_test(CLONE_NEWUSER);
}
