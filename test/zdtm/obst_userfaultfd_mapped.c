/* SPDX-License-Identifier: Apache-2.0 */
/* obst_userfaultfd_mapped.c - obstacle: memory registered with a userfaultfd. */
/* zdtm: obstacle=mm.userfaultfd */
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *mem;
	long fd;

	test_init(argc, argv);
	fd = need(syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY), "no userfaultfd");
	must(ioctl(fd, UFFDIO_API, &api));
	mem = map_anon(4 * PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(mem, PAGE, 1);
	reg.range.start = (uintptr_t)mem;
	reg.range.len = 4 * PAGE;
	must(ioctl(fd, UFFDIO_REGISTER, &reg));
	check(vma_flag(mem, "um"), "the registration shows no flag");
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	check(vma_flag(mem, "um") && !page_there(mem + PAGE), "the registration is lost");
	pass();
}
