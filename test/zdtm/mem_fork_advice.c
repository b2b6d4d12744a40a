/* SPDX-License-Identifier: Apache-2.0 */
/* mem_fork_advice.c - what a child inherits of memory marked MADV_DONTFORK and MADV_WIPEONFORK, forked before and after. */
#include <signal.h>
#include <sys/syscall.h>
#include "vma.h"

enum { PAGES = 4 };

struct memory {
	char *plain, *kept, *wiped;
};

/* In a child of the process that filled them. */
static void check_inherited(const struct memory *m)
{
	unsigned char vec;

	check(test_datachk(m->plain, PAGES * PAGE, 1) < 0, "child: plain memory changed");
	check(mincore(m->kept, PAGE, &vec) < 0 && errno == ENOMEM, "child has the MADV_DONTFORK mapping");
	for (size_t i = 0; i < PAGES * PAGE; i++)
		check(!m->wiped[i], "child: MADV_WIPEONFORK memory is not zero");
}

static pid_t start_child(const struct memory *m)
{
	pid_t child = test_fork();

	if (child)
		return child;
	check_inherited(m);
	test_datagen(m->wiped, PAGE, 4);
	test_waitsig();
	check(test_datachk(m->wiped, PAGE, 4) < 0, "child: what it wrote into wiped memory is lost");
	memset(m->wiped, 0, PAGE);
	check_inherited(m);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct memory m;
	pid_t before;

	test_init(argc, argv);
	m.plain = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	m.kept = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	m.wiped = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(m.plain, PAGES * PAGE, 1);
	test_datagen(m.kept, PAGES * PAGE, 2);
	test_datagen(m.wiped, PAGES * PAGE, 3);
	must(madvise(m.kept, PAGES * PAGE, MADV_DONTFORK));
	must(madvise(m.wiped, PAGES * PAGE, MADV_WIPEONFORK));
	before = start_child(&m);
	wait_syscall(before, SYS_futex);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(test_datachk(m.plain, PAGES * PAGE, 1) < 0 && test_datachk(m.kept, PAGES * PAGE, 2) < 0 &&
	      test_datachk(m.wiped, PAGES * PAGE, 3) < 0, "data changed");
	test_end(before);
	test_end(start_child(&m));
	pass();
}
