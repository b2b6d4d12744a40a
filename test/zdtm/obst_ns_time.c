/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ns_time.c - obstacle: a child in another time namespace. */
/* zdtm: obstacle=task.namespace.time */
#include <sched.h>
#include "obst.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

int main(int argc, char **argv)
{
	test_init(argc, argv);
	/* It takes effect in the children. */
	need(unshare(CLONE_NEWTIME), "cannot make the namespace");
	namespace_test(0);
}
