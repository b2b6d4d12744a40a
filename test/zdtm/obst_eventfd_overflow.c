/* SPDX-License-Identifier: Apache-2.0 */
/* obst_eventfd_overflow.c - obstacle: an eventfd that the kernel has counted up to the largest value. */
/* zdtm: obstacle=fd.eventfd-overflow */
#include <linux/aio_abi.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include "obst.h"

/* write(2) stops one below it; a completed asynchronous read adds one more (eventfd_signal). */
static void overflow(int fd)
{
	static char buf[RECORD];
	uint64_t most = UINT64_MAX - 1;
	aio_context_t context = 0;
	struct iocb read = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_buf = (uintptr_t)buf, .aio_nbytes = RECORD,
		.aio_flags = IOCB_FLAG_RESFD, .aio_resfd = fd,
	};
	struct io_event done;

	records_make("data", 1);
	read.aio_fildes = file_open("data", O_RDONLY);
	bytes_write(fd, &most, sizeof(most));
	need(syscall(SYS_io_setup, 1, &context), "no asynchronous I/O");
	need(syscall(SYS_io_submit, context, 1, &(struct iocb *){ &read }), "cannot read asynchronously");
	must(syscall(SYS_io_getevents, context, 1, 1, &done, NULL));
	must(syscall(SYS_io_destroy, context));
}

int main(int argc, char **argv)
{
	uint64_t count;
	int fd;

	test_init(argc, argv);
	fd = must(eventfd(0, EFD_NONBLOCK));
	overflow(fd);
	test_daemon();
	test_waitsig();
	check(must(read(fd, &count, sizeof(count))) == sizeof(count) && count == UINT64_MAX, "the counter is now %llx",
	      (unsigned long long)count);
	pass();
}
