/* SPDX-License-Identifier: Apache-2.0 */
/* obst_dispatch.c - obstacle: syscall user dispatch. */
/* zdtm: obstacle=task.dispatch */
#include <linux/prctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "obst.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#define SYSCALL_DISPATCH_FILTER_ALLOW 0
#define SYSCALL_DISPATCH_FILTER_BLOCK 1
#endif

static volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;
static volatile sig_atomic_t dispatched;

static void on_sigsys(int sig)
{
	(void)sig;
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	dispatched = 1;
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	signal(SIGSYS, on_sigsys);
	need(prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector), "no syscall user dispatch");
	test_daemon();
	test_waitsig();
	selector = SYSCALL_DISPATCH_FILTER_BLOCK;
	syscall(SYS_getppid);
	check(dispatched, "it is off");
	pass();
}
