/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_net.c - obstacle: a child in another network namespace. */
/* zdtm: obstacle=task.namespace.net */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	namespace_test(CLONE_NEWNET);
}
