/* SPDX-License-Identifier: Apache-2.0 */
/* tree_deep.c - children of children: parents, pids, and memory of their own. */
#include "zdtm.h"

enum { DEPTH = 3, WIDTH = 3 };

static int where;

/* The children check themselves when they are told to end, each by its parent. */
static void node(long depth)
{
	pid_t pid = getpid(), parent = getppid(), children[WIDTH];

	for (int i = 0; depth < DEPTH && i < WIDTH; i++) {
		where = where * 10 + i + 1;
		children[i] = test_child(node, depth + 1);
		where /= 10;
	}
	if (!depth)
		test_daemon();
	test_waitsig();
	check(getpid() == pid, "node %d: pid was %d, is %d", where, pid, getpid());
	check(getppid() == parent, "node %d: parent was %d, is %d", where, parent, getppid());
	for (int i = 0; depth < DEPTH && i < WIDTH; i++)
		test_end(children[i]);
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	node(0);
	pass();
}
