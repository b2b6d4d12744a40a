/* SPDX-License-Identifier: Apache-2.0 */
/* obst_userfaultfd.c - obstacle: a userfaultfd. */
/* zdtm: obstacle=fd.userfaultfd */
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	long fd;

	test_init(argc, argv);
	fd = need(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY), "no userfaultfd");
	must(ioctl(fd, UFFDIO_API, &api));
	test_daemon();
	test_waitsig();
	check(must(fcntl(fd, F_GETFD)) == 0, "the descriptor changed");
	pass();
}
