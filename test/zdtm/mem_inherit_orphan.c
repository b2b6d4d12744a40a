/* SPDX-License-Identifier: Apache-2.0 */
/* mem_inherit_orphan.c - the same memory by copy-on-write in children, and in an orphan whose session leader is gone. */
#include <sys/prctl.h>
#include "vma.h"

enum { PAGES = 256, CHILDREN = 3 };

static char *mem;
static pid_t *orphan_pid;

static char whole[PAGES * PAGE];

/* Who writes one page, and finds it and all others as they were. */
static void hold(long who)
{
	test_datagen(mem + who * PAGE, PAGE, 100 + who);
	test_datagen(whole, sizeof(whole), 1);
	test_datagen(whole + who * PAGE, PAGE, 100 + who);
	test_waitsig();
	check(!memcmp(mem, whole, sizeof(whole)), "%ld: memory changed", who);
	test_datagen(mem, sizeof(whole), 0);
}

static void leave_orphan(void)
{
	must(setsid());
	*orphan_pid = test_child(hold, CHILDREN);
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t child[CHILDREN], leader;

	test_init(argc, argv);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	orphan_pid = test_shared(sizeof(*orphan_pid));
	mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(mem, PAGES * PAGE, 1);
	for (long i = 0; i < CHILDREN; i++)
		child[i] = test_child(hold, i);
	leader = test_fork();
	if (!leader)
		leave_orphan();
	test_reap(leader, 0);
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGES * PAGE, 1) < 0, "the parent's memory changed");
	for (long i = 0; i < CHILDREN; i++)
		test_end(child[i]);
	test_end(*orphan_pid);
	check(test_datachk(mem, PAGES * PAGE, 1) < 0, "the parent's memory changed by its children");
	pass();
}
