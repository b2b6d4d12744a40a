/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan.c - trees as they occur, and trees that cannot be: plan_tree() on each.
 *
 * In each case the first process is the root; parents are indices.
 */
#include "plan_sim.h"
#include "cleanup.h"

#define P(pid_, parent_, sid_, pgid_)						\
	.pid = (pid_), .parent = (parent_), .sid = (sid_), .pgid = (pgid_)
#define ROOT PLAN_CKPT
#define OUT .session_outside = true
#define OUT_GROUP .session_outside = true, .pgrp_outside = true
#define ZOMBIE .zombie = true
#define SHARES(n) .files = (n)

struct counts {
	size_t helpers, ops[PLAN_REAP + 1], siblings;
};

static struct counts plan_and_run(const struct plan_node *nodes, size_t n)
{
	struct arena *a = arena_new();
	struct counts c = { .helpers = 0 };
	const char *why = NULL;
	struct plan plan;
	size_t node;
	int rc;

	assert_non_null(a);
	rc = plan_tree(a, nodes, n, &plan, &why, &node);
	if (rc)
		fail_msg("refused: %s", why);
	sim_run(&plan, nodes, n);
	c.helpers = plan.n_nodes - n;
	for (size_t i = 0; i < plan.n_steps; i++) {
		c.ops[plan.steps[i].op]++;
		c.siblings += plan.steps[i].as_sibling;
	}
	assert_int_equal(c.ops[PLAN_CLONE], plan.n_nodes);
	assert_int_equal(c.ops[PLAN_REAP], c.helpers);
	arena_free(a);
	return c;
}

static void plan_refused(const struct plan_node *nodes, size_t n, size_t node, const char *says)
{
	struct arena *a = arena_new();
	const char *why = NULL;
	struct plan plan;
	size_t ret_node = SIZE_MAX;

	assert_non_null(a);
	assert_int_equal(plan_tree(a, nodes, n, &plan, &why, &ret_node), -EINVAL);
	assert_non_null(why);
	if (ret_node != node || !strstr(why, says))
		fail_msg("node %zu, not %zu: %s", ret_node, node, why);
	assert_int_equal(plan_tree(a, nodes, n, &plan, &why, NULL), -EINVAL);
	arena_free(a);
}

#define PLAN(...) ({								\
	const struct plan_node nodes_[] = { __VA_ARGS__ };			\
	plan_and_run(nodes_, ARRAY_SIZE(nodes_)); })
#define REFUSED(node, says, ...) do {						\
	const struct plan_node nodes_[] = { __VA_ARGS__ };			\
	plan_refused(nodes_, ARRAY_SIZE(nodes_), node, says);			\
} while (0)

static void one_process(void **state)
{
	struct counts c = PLAN({ P(10, ROOT, 10, 10) });

	(void)state;
	assert_int_equal(c.ops[PLAN_SETSID], 1);
	assert_int_equal(c.ops[PLAN_SETPGID], 0);
	c = PLAN({ P(10, ROOT, 5, 5), OUT_GROUP });
	assert_int_equal(c.ops[PLAN_SETSID] + c.ops[PLAN_SETPGID], 0);
	c = PLAN({ P(10, ROOT, 5, 10), OUT });
	assert_int_equal(c.ops[PLAN_SETPGID], 1);
	PLAN({ P(10, ROOT, 10, 10), ZOMBIE });
}

static void shell_job(void **state)
{
	struct counts c;

	(void)state;
	/* a pipeline in the background: its own group, all by birth */
	c = PLAN({ P(10, ROOT, 5, 10), OUT }, { P(11, 0, 5, 10), OUT }, { P(12, 1, 5, 10), OUT });
	assert_int_equal(c.ops[PLAN_SETPGID], 1);
	/* the first of it has gone */
	c = PLAN({ P(10, ROOT, 5, 9), OUT }, { P(11, 0, 5, 9), OUT });
	assert_int_equal(c.helpers, 1);
	/* made before the root took a group, or a session, of its own */
	PLAN({ P(10, ROOT, 5, 10), OUT }, { P(11, 0, 5, 10), OUT }, { P(12, 0, 5, 5), OUT_GROUP });
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 5, 5), OUT_GROUP }, { P(12, 0, 10, 10) },
	     { P(13, 1, 5, 5), OUT_GROUP }, { P(14, 0, 5, 14), OUT }, { P(15, 0, 5, 14), OUT });
	/* down through a leader that was born outside */
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 11, 11) }, { P(12, 1, 5, 5), OUT_GROUP });
}

static void pipelines(void **state)
{
	struct counts c = PLAN({ P(10, ROOT, 10, 10) },
		{ P(11, 0, 10, 11) }, { P(12, 0, 10, 11) }, { P(13, 0, 10, 11) },
		{ P(14, 0, 10, 14) }, { P(15, 0, 10, 14) }, { P(16, 4, 10, 14) },
		{ P(17, 0, 10, 10) },
		{ P(18, 0, 10, 19) }, { P(19, 0, 10, 19) });	/* joins one that comes later */

	(void)state;
	assert_int_equal(c.helpers, 0);
	assert_int_equal(c.ops[PLAN_SETSID], 1);
	assert_int_equal(c.ops[PLAN_SETPGID], 7);	/* all but 10 and 17, and 16 by birth */
}

static void daemons(void **state)
{
	struct counts c;

	(void)state;
	/* fork, setsid, fork: the middle one is dead, the root adopted the last */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(22, 0, 21, 21) }, { P(23, 1, 21, 21) });
	assert_int_equal(c.helpers, 1);
	assert_int_equal(c.siblings, 1);
	/* as a zombie, the middle one plays its part itself */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(21, 0, 21, 21), ZOMBIE }, { P(22, 0, 21, 21) });
	assert_int_equal(c.helpers, 0);
	assert_int_equal(c.siblings, 1);
	/* alive, with one orphan and a child */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(20, 0, 21, 20) }, { P(21, 0, 21, 21) }, { P(22, 2, 21, 21) });
	assert_int_equal(c.siblings, 1);
}

static void dead_session_leader(void **state)
{
	struct counts c;

	(void)state;
	/* several orphans, in groups that are dead, alive, and that of the session */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(21, 0, 20, 20) }, { P(22, 0, 20, 22) },
		 { P(23, 0, 20, 19) }, { P(24, 0, 20, 19) }, { P(25, 3, 20, 20) });
	assert_int_equal(c.helpers, 2);
	/* nobody is in the group any more; two such sessions */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(21, 0, 20, 21) }, { P(31, 0, 30, 31) });
	assert_int_equal(c.helpers, 2);
	/* its members hang from a leader that must be born in it */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(21, 0, 21, 21) }, { P(22, 1, 20, 20) }, { P(23, 0, 20, 20) });
	assert_int_equal(c.helpers, 1);
	/* from two such; one is deeper */
	PLAN({ P(10, ROOT, 10, 10) }, { P(21, 0, 21, 21) }, { P(22, 1, 20, 20) },
	     { P(23, 0, 23, 23) }, { P(24, 3, 24, 24) }, { P(25, 4, 20, 20) });
	/* below a process that knows nothing of it: the helper goes there */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10) }, { P(22, 1, 20, 20) }, { P(23, 1, 20, 20) });
	assert_int_equal(c.helpers, 1);
}

static void dead_group_leader(void **state)
{
	struct counts c = PLAN({ P(10, ROOT, 10, 10) }, { P(12, 0, 10, 11) }, { P(13, 0, 10, 11) },
			       { P(14, 1, 10, 11) });

	(void)state;
	assert_int_equal(c.helpers, 1);
	assert_int_equal(c.ops[PLAN_SETPGID], 3);
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(12, 0, 10, 11), ZOMBIE }, { P(13, 0, 10, 11), ZOMBIE });
	assert_int_equal(c.helpers, 1);
}

static void moved_group_leader(void **state)
{
	(void)state;
	/* 11 made its group for 12 and went to that of 13 */
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 13) }, { P(12, 0, 10, 11) }, { P(13, 0, 10, 13) });
	/* or to a group that has lost its leader */
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 9) }, { P(12, 0, 10, 11) });
	/* a row of those, each going where the next one leaves */
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 12) }, { P(12, 0, 10, 13) },
	     { P(13, 0, 10, 10) }, { P(14, 0, 10, 11) });
	/* they swapped, which needs a third one; here it is, and here it is gone */
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 12) }, { P(12, 0, 10, 11) }, { P(13, 0, 10, 11) });
	REFUSED(1, "pid 11 leads a group and must leave it for group 12", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 10, 12) }, { P(12, 0, 10, 11) });
}

static void before_setsid(void **state)
{
	struct counts c;

	(void)state;
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 11, 11) }, { P(12, 1, 10, 10) }, { P(13, 1, 11, 11) });
	assert_int_equal(c.siblings, 0);
	/* a chain of leaders, the last with a child in the first one's session */
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 11, 11) }, { P(12, 1, 12, 12) }, { P(13, 2, 13, 13) },
	     { P(14, 3, 10, 10) }, { P(15, 1, 11, 11) });
	/* and in that of its dead parent's parent, who is its sibling now */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 11, 11) }, { P(13, 0, 13, 13) },
		 { P(14, 2, 11, 11) }, { P(15, 0, 13, 15) });
	assert_int_equal(c.siblings, 2);
	REFUSED(1, "pid 11 has children in sessions", { P(10, ROOT, 10, 10) }, { P(11, 0, 11, 11) },
		{ P(12, 1, 10, 10) }, { P(13, 1, 5, 5), OUT_GROUP });
}

static void zombies(void **state)
{
	(void)state;
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 11, 11), ZOMBIE }, { P(12, 0, 12, 12), ZOMBIE },
	     { P(13, 0, 11, 13) }, { P(14, 0, 11, 11), ZOMBIE }, { P(15, 0, 12, 15), ZOMBIE });
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 11), ZOMBIE }, { P(12, 0, 10, 11) });
	REFUSED(2, "pid 12 is a child of pid 11", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 11, 11), ZOMBIE }, { P(12, 1, 11, 11) });
}

static void shared_tables(void **state)
{
	struct counts c;

	(void)state;
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10), SHARES(1) }, { P(12, 1, 10, 10), SHARES(1) });
	assert_int_equal(c.ops[PLAN_UNSHARE_FILES], 1);
	/* through one that does not share */
	PLAN({ P(10, ROOT, 10, 10), SHARES(1) }, { P(11, 0, 11, 11) }, { P(12, 1, 10, 10), SHARES(1) });
	/* siblings, one of them a leader that is made first */
	c = PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10), SHARES(1) }, { P(12, 0, 12, 12), SHARES(1) },
		 { P(13, 0, 10, 13), SHARES(1) });
	assert_int_equal(c.siblings, 2);
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10), SHARES(1) }, { P(12, 0, 12, 12), SHARES(1) },
	     { P(13, 0, 12, 12), SHARES(1) });
	/* one table inside another; orphans of a dead session leader */
	c = PLAN({ P(10, ROOT, 10, 10), SHARES(1) }, { P(11, 0, 10, 10), SHARES(1) },
		 { P(12, 1, 10, 10), SHARES(2) }, { P(13, 2, 10, 10), SHARES(2) });
	assert_int_equal(c.ops[PLAN_UNSHARE_FILES], 2);
	PLAN({ P(10, ROOT, 10, 10) }, { P(21, 0, 20, 20), SHARES(1) }, { P(22, 0, 20, 20), SHARES(1) },
	     { P(23, 1, 23, 23), SHARES(1) });
	PLAN({ P(10, ROOT, 10, 10), SHARES(1) }, { P(21, 0, 20, 20), SHARES(1) });
	/* outside: the siblings are made before anyone moves */
	PLAN({ P(10, ROOT, 10, 10) }, { P(11, 0, 11, 11), SHARES(1) }, { P(12, 0, 5, 5), OUT_GROUP, SHARES(1) });
	/* zombies have no table, whatever they say */
	c = PLAN({ P(10, ROOT, 10, 10), SHARES(1) }, { P(11, 0, 10, 10), ZOMBIE, SHARES(1) });
	assert_int_equal(c.ops[PLAN_UNSHARE_FILES], 0);
}

static void impossible_tables(void **state)
{
	(void)state;
	REFUSED(1, "pid 11 would have to be in two shared descriptor tables", { P(10, ROOT, 10, 10), SHARES(1) },
		{ P(11, 0, 10, 10), SHARES(2) }, { P(12, 1, 10, 10), SHARES(1) },
		{ P(13, 1, 10, 10), SHARES(2) });
	REFUSED(3, "pid 13 shares a descriptor table", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 10, 10) }, { P(12, 0, 10, 10) },
		{ P(13, 1, 10, 10), SHARES(1) }, { P(14, 2, 10, 10), SHARES(1) });
	REFUSED(1, "pid 21 shares a descriptor table", { P(10, ROOT, 10, 10) },
		{ P(21, 0, 21, 21), SHARES(1) }, { P(22, 0, 10, 10), SHARES(1) },
		{ P(23, 0, 5, 5), OUT_GROUP, SHARES(1) });
}

static void impossible_sessions(void **state)
{
	(void)state;
	REFUSED(0, "pid 10, the root", { P(10, ROOT, 5, 10) });
	REFUSED(0, "pid 10, the root", { P(10, ROOT, 11, 11) }, { P(11, 0, 11, 11) });
	REFUSED(3, "pid 13 is in session 12, but is a child of pid 10", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 10, 10) }, { P(12, 1, 12, 12) }, { P(13, 0, 12, 12) });
	REFUSED(3, "pid 13 was born in session 12", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 10, 10) }, { P(12, 1, 12, 12) }, { P(13, 0, 13, 13) }, { P(14, 3, 12, 12) });
	REFUSED(2, "pid 12 is in session 13", { P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10) },
		{ P(12, 1, 13, 13) }, { P(13, 0, 13, 13) });
	REFUSED(2, "pid 12 is in a session outside the tree: 5", { P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10) },
		{ P(12, 1, 5, 5), OUT_GROUP });
	REFUSED(2, "pid 22 is in session 20", { P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10) },
		{ P(22, 1, 20, 20) }, { P(23, 0, 20, 20) });
	/* each of the two was born in the other's session */
	REFUSED(1, "pid 11 would have to be born in session 12", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 11, 11) }, { P(12, 0, 12, 12) }, { P(13, 1, 12, 12) }, { P(14, 2, 11, 11) });
	/* a leader that is alive, but elsewhere */
	REFUSED(1, "pid 11 is in session 10", { P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10) },
		{ P(12, 0, 11, 12) });
}

static void impossible_groups(void **state)
{
	(void)state;
	REFUSED(1, "pid 11 leads its session but is in group 10", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 11, 10) });
	REFUSED(2, "pid 11 and pid 12 are in group 11", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 11, 11) }, { P(12, 0, 10, 11) });
	REFUSED(1, "pid 11 is in group 20, but not in session 20", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 10, 20) }, { P(21, 0, 20, 21) });
	REFUSED(2, "pid 12, leader of a group", { P(10, ROOT, 10, 10) }, { P(11, 0, 10, 12) },
		{ P(12, 0, 5, 5), OUT_GROUP });
	REFUSED(0, "pid 10 leads a group", { P(10, ROOT, 5, 5), OUT_GROUP }, { P(11, 0, 5, 10), OUT });
	REFUSED(1, "pid 11 cannot be in session 10", { P(10, ROOT, 10, 10) },
		{ P(11, 0, 10, 5), .pgrp_outside = true });
}

static void bad_trees(void **state)
{
	(void)state;
	plan_refused(NULL, 0, 0, "no process");
	REFUSED(0, "pid 10 is first", { P(10, 1, 10, 10) }, { P(11, 0, 10, 10) });
	REFUSED(1, "pid 11 has no parent", { P(10, ROOT, 10, 10) }, { P(11, ROOT, 11, 11) });
	REFUSED(1, "pid 11 does not come after", { P(10, ROOT, 10, 10) }, { P(11, 2, 10, 10) },
		{ P(12, 1, 10, 10) });
	REFUSED(1, "pid 11 does not come after", { P(10, ROOT, 10, 10) }, { P(11, 1, 10, 10) });
	REFUSED(1, "pid 11 does not come after", { P(10, ROOT, 10, 10) }, { P(11, 77, 10, 10) });
	REFUSED(2, "pid 11 is there twice", { P(10, ROOT, 10, 10) }, { P(11, 0, 10, 10) },
		{ P(11, 0, 10, 10) });
	REFUSED(0, "0 is no pid", { P(0, ROOT, 10, 10) });
	REFUSED(0, "pid 10: 0 is no session", { P(10, ROOT, 0, 10) });
	REFUSED(0, "pid 10: -1 is no process group", { P(10, ROOT, 10, -1) });
	REFUSED(0, "pid 10 leads its session", { P(10, ROOT, 10, 10), OUT });
}

static void large_trees(void **state)
{
	static struct plan_node nodes[10000];
	const size_t n = ARRAY_SIZE(nodes);

	(void)state;
	for (int shape = 0; shape < 4; shape++) {
		for (size_t i = 0; i < n; i++) {
			pid_t pid = (pid_t)(100000 + i), sid = i ? 99999 : pid;

			if (shape < 2)	/* 0, 1: each leads; the last one was born in the first one's session */
				sid = i < n - 1 ? pid : 100000;
			nodes[i] = (struct plan_node){ P(pid, 0, sid, sid) };
			if (shape % 2)	/* 1, 3: a chain; 3: in a session without a leader */
				nodes[i].parent = i ? (uint32_t)i - 1 : 0;
			nodes[i].files = shape == 1 ? (uint32_t)pid : 1;
		}
		nodes[0].parent = PLAN_CKPT;
		plan_and_run(nodes, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process), cmocka_unit_test(shell_job),
		cmocka_unit_test(pipelines), cmocka_unit_test(daemons),
		cmocka_unit_test(dead_session_leader), cmocka_unit_test(dead_group_leader),
		cmocka_unit_test(moved_group_leader), cmocka_unit_test(before_setsid),
		cmocka_unit_test(zombies), cmocka_unit_test(shared_tables),
		cmocka_unit_test(impossible_tables), cmocka_unit_test(impossible_sessions),
		cmocka_unit_test(impossible_groups), cmocka_unit_test(bad_trees),
		cmocka_unit_test(large_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
