/* SPDX-License-Identifier: Apache-2.0 */
/* task_creds.c - real, effective, saved and file-system ids and groups of a process and of a child. */
/* zdtm: flags=nouser */
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { CHILDREN = 3 };

struct ids { uint32_t r, e, s, fs; };

static const struct ids uids[CHILDREN] = { { 0, 0, 0, 77 }, { 1001, 1002, 1003, 1003 }, { 0, 1005, 7, 1005 } };
static const struct ids gids[CHILDREN] = { { 1, 2, 3, 4 }, { 2001, 2002, 2003, 2001 }, { 0, 0, 0, 0 } };
static const gid_t groups[CHILDREN][3] = { { 5, 70000, 6 }, { 9, 8, 7 }, { 0 } };
static const int ngroups[CHILDREN] = { 3, 2, 0 };

static void check_ids(const char *what, long i, const struct ids *want, const struct ids *got)
{
	check(got->r == want->r && got->e == want->e && got->s == want->s && got->fs == want->fs,
	      "child %ld: %s are %u %u %u %u", i, what, got->r, got->e, got->s, got->fs);
}

static void child(long i)
{
	const struct ids *u = &uids[i], *g = &gids[i];
	gid_t list[64];
	struct ids got;
	int n;

	must(setgroups(ngroups[i], groups[i]));
	must(setresgid(g->r, g->e, g->s));
	setfsgid(g->fs);
	must(setresuid(u->r, u->e, u->s));
	setfsuid(u->fs);
	test_waitsig();
	got.fs = setfsuid(-1);
	must(getresuid(&got.r, &got.e, &got.s));
	check_ids("uids", i, u, &got);
	got.fs = setfsgid(-1);
	must(getresgid(&got.r, &got.e, &got.s));
	check_ids("gids", i, g, &got);
	n = must(getgroups(64, list));
	check(n == ngroups[i], "child %ld: %d groups", i, n);
	for (int a = 0; a < n; a++) {
		int b = 0;

		while (b < n && list[a] != groups[i][b])
			b++;
		check(b < n, "child %ld: group %u is new", i, list[a]);
	}
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
