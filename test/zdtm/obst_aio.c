/* SPDX-License-Identifier: Apache-2.0 */
/* obst_aio.c - obstacle: an asynchronous I/O context. */
/* zdtm: obstacle=mm.aio */
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	aio_context_t context = 0;

	test_init(argc, argv);
	need(syscall(SYS_io_setup, 4, &context), "no asynchronous I/O");
	test_daemon();
	test_waitsig();
	must(syscall(SYS_io_destroy, context));
	pass();
}
