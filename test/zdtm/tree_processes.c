/* SPDX-License-Identifier: Apache-2.0 */
/* tree_processes.c - a hundred children, each with a pid and data of its own. */
#include "zdtm.h"

enum { CHILDREN = 100 };

static unsigned char data[5000];

static void child(long i)
{
	pid_t pid = getpid();

	test_datagen(data, sizeof(data), i);
	test_waitsig();
	check(getpid() == pid, "child %ld: pid was %d, is %d", i, pid, getpid());
	check(test_datachk(data, sizeof(data), i) < 0, "child %ld: data changed", i);
}

int main(int argc, char **argv)
{
	pid_t pids[CHILDREN];

	test_init(argc, argv);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = test_child(child, i);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < CHILDREN; i++)
		test_end(pids[i]);
	pass();
}
