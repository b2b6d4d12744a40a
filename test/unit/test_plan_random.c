/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan_random.c - process trees with a past: random histories of fork, setsid,
 * setpgid, exit and sharing of descriptor tables leave a tree, which is planned.
 *
 * Whatever is planned must come out right. Beyond that, of histories in which
 * orphans go to the root:
 * - One without orphans can always be planned, and so can one in which each
 *   orphan was born in a session that is the root's, outside the tree, dead,
 *   or led by another child of the root.
 * - One with an orphan that is in any other session, its leader alive and not
 *   beside it, cannot be planned, though it can happen: a child of the root
 *   is made by the root or a sibling, and no such is ever in that session.
 * - An orphan that was born in such a session but has since left it may be
 *   planned or not: that depends on whether a child it made before needs it.
 * - Two group leaders, each in the group of the other, need a third process
 *   to get there, which may have gone since: not planned then. (Nor if that
 *   was one which has made a session of its own since.)
 * - Tables are always planned where nobody has left one or died.
 */
#include "plan_sim.h"
#include "cleanup.h"

#define HISTORIES 3000
#define MAX_BEINGS 60
#define FIRST_PID 100

enum verdict { UNSURE, POSSIBLE, IMPOSSIBLE };

struct being {
	bool alive, zombie, leads, orphan;
	uint32_t parent;
	pid_t pid, sid, pgid, born_in;	/* 0: ckpt's */
	uint32_t table;
};

struct world {
	uint64_t seed;
	bool dies, shares, leaves;	/* what may happen */
	struct being b[MAX_BEINGS];
	uint32_t n, n_tables;
};

static uint32_t any(struct world *w, uint32_t n)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (uint32_t)(w->seed >> 20) % n;
}

static bool is_there(const struct being *b)
{
	return b->alive || b->zombie;
}

static uint32_t find_pid(const struct world *w, pid_t pid)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (is_there(&w->b[i]) && w->b[i].pid == pid)
			return i;
	return PLAN_CKPT;
}

static bool is_group(const struct world *w, pid_t pgid)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (is_there(&w->b[i]) && w->b[i].pgid == pgid)
			return true;
	return false;
}

static void do_fork(struct world *w, uint32_t i)
{
	struct being *child = &w->b[w->n];

	if (w->n == MAX_BEINGS)
		return;
	*child = w->b[i];
	child->pid = FIRST_PID + (pid_t)w->n++;
	child->parent = i;
	child->leads = child->orphan = false;
	child->born_in = child->sid;
	if (!w->shares || any(w, 3))
		child->table = ++w->n_tables;
}

static void do_setsid(struct world *w, uint32_t i)
{
	struct being *b = &w->b[i];

	if (b->leads || is_group(w, b->pid))
		return;
	b->leads = true;
	b->sid = b->pgid = b->pid;
}

/* Into its own group or that of someone else in the session. ckpt's is out of
 * the question: a job does not know the group of the shell. */
static void do_setpgid(struct world *w, uint32_t i)
{
	struct being *b = &w->b[i], *other = &w->b[any(w, w->n)];

	if (b->leads)
		return;
	if (!any(w, 3))
		b->pgid = b->pid;
	else if (is_there(other) && other->sid == b->sid && other->pgid)
		b->pgid = other->pgid;
}

static void do_exit(struct world *w, uint32_t i)
{
	if (!i || !w->dies)
		return;
	for (uint32_t c = 0; c < w->n; c++) {
		if (w->b[c].parent != i || !is_there(&w->b[c]))
			continue;
		w->b[c].parent = 0;
		w->b[c].orphan = true;
	}
	w->b[i].alive = false;
	w->b[i].zombie = !any(w, 4);
	w->b[i].table = 0;
}

static void live(struct world *w)
{
	uint32_t n_events = 10 + any(w, 120);

	w->b[0] = (struct being){ .alive = true, .parent = PLAN_CKPT, .pid = FIRST_PID, .table = 1 };
	w->n = w->n_tables = 1;
	for (uint32_t k = 0; k < n_events; k++) {
		uint32_t what = any(w, 20), i = any(w, w->n);

		if (!w->b[i].alive)
			w->b[i].zombie &= any(w, 3) > 0;	/* or is reaped */
		else if (what < 9)
			do_fork(w, i);
		else if (what < 12)
			do_setsid(w, i);
		else if (what < 15)
			do_setpgid(w, i);
		else if (what < 18)
			do_exit(w, i);
		else if (w->leaves)
			w->b[i].table = ++w->n_tables;
	}
}

static size_t as_nodes(const struct world *w, struct plan_node *nodes)
{
	uint32_t index[MAX_BEINGS];
	size_t n = 0;

	for (uint32_t i = 0; i < w->n; i++) {
		const struct being *b = &w->b[i];

		if (!is_there(b))
			continue;
		index[i] = (uint32_t)n;
		nodes[n++] = (struct plan_node){
			.pid = b->pid, .sid = b->sid, .pgid = b->pgid, .zombie = b->zombie,
			.parent = b->parent == PLAN_CKPT ? PLAN_CKPT : index[b->parent],
			.session_outside = !b->sid, .pgrp_outside = !b->pgid,
			.files = b->table,
		};
	}
	return n;
}

static bool left_its_group(const struct world *w, uint32_t i)
{
	return is_there(&w->b[i]) && w->b[i].pgid != w->b[i].pid && is_group(w, w->b[i].pid);
}

/* Does each group whose leader is elsewhere have someone who led none? */
static bool groups_are_kept(const struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		bool kept = !left_its_group(w, i);

		for (uint32_t k = 0; k < w->n && !kept; k++)
			kept = is_there(&w->b[k]) && w->b[k].pgid == w->b[i].pid && !left_its_group(w, k);
		if (!kept)
			return false;
	}
	return true;
}

static enum verdict judge(const struct world *w)
{
	enum verdict v = groups_are_kept(w) ? POSSIBLE : UNSURE;

	if (w->shares && (w->dies || w->leaves))
		v = UNSURE;
	for (uint32_t i = 1; i < w->n; i++) {
		const struct being *b = &w->b[i];
		uint32_t leader;

		if (!is_there(b) || !b->orphan || !b->born_in || b->born_in == w->b[0].sid)
			continue;
		leader = find_pid(w, b->born_in);
		if (leader == PLAN_CKPT || w->b[leader].parent == 0)
			continue;
		if (!b->leads)
			return IMPOSSIBLE;
		v = UNSURE;
	}
	return v;
}

/* Plan it; what is planned comes out right, or it is refused with a sentence. */
static bool plan_works(const struct plan_node *nodes, size_t n)
{
	struct arena *a = arena_new();
	const char *why = NULL;
	struct plan plan;
	size_t node = SIZE_MAX;
	int rc;

	assert_non_null(a);
	rc = plan_tree(a, nodes, n, &plan, &why, &node);
	if (!rc) {
		sim_run(&plan, nodes, n);
	} else {
		assert_int_equal(rc, -EINVAL);
		assert_non_null(strstr(why, "pid "));
		assert_true(node < n);
	}
	arena_free(a);
	return !rc;
}

/* seen[verdict][planned]: how many histories */
static void run_histories(struct world kind, size_t seen[3][2])
{
	struct plan_node nodes[MAX_BEINGS];

	for (uint64_t k = 1; k <= HISTORIES; k++) {
		struct world w = kind;
		enum verdict v;
		bool works;

		w.seed = k * 0x9e3779b97f4a7c15u;
		live(&w);
		v = judge(&w);
		works = plan_works(nodes, as_nodes(&w, nodes));
		seen[v][works]++;
		if ((v == POSSIBLE && !works) || (v == IMPOSSIBLE && works))
			fail_msg("history %zu: verdict %d, planned %d", (size_t)k, v, works);
	}
	for (int v = 0; v < 3; v++)
		print_message("verdict %d: %zu planned, %zu refused\n", v, seen[v][1], seen[v][0]);
}

static void nobody_dies(void **state)
{
	size_t seen[3][2] = { { 0 } };

	(void)state;
	run_histories((struct world){ .dies = false }, seen);
	assert_true(seen[POSSIBLE][true] > HISTORIES / 2);
}

static void orphans(void **state)
{
	size_t seen[3][2] = { { 0 } };

	(void)state;
	run_histories((struct world){ .dies = true }, seen);
	assert_true(seen[POSSIBLE][true] > HISTORIES / 4);
	assert_true(seen[IMPOSSIBLE][false] > HISTORIES / 50);
}

static void shared_tables(void **state)
{
	size_t seen[3][2] = { { 0 } };

	(void)state;
	run_histories((struct world){ .shares = true }, seen);
	assert_true(seen[POSSIBLE][true] > HISTORIES / 2);
}

static void everything(void **state)
{
	size_t seen[3][2] = { { 0 } };

	(void)state;
	run_histories((struct world){ .dies = true, .shares = true, .leaves = true }, seen);
	assert_true(seen[UNSURE][true] > HISTORIES / 10);
	assert_true(seen[UNSURE][false] > HISTORIES / 100);
}

/* No history at all: numbers at random. Few such trees can be. */
static void nonsense(void **state)
{
	struct plan_node nodes[12];
	struct world w = { .seed = 4711 };
	size_t planned = 0;

	(void)state;
	for (size_t k = 0; k < 100000; k++) {
		uint32_t n = 1 + any(&w, ARRAY_SIZE(nodes)), range = 1 + any(&w, n + 2);

		for (uint32_t i = 0; i < n; i++) {
			bool leads = !any(&w, 3);
			pid_t sid = leads ? (pid_t)i + 1 : (pid_t)any(&w, range);
			pid_t pgid = leads || any(&w, 2) ? sid : (pid_t)any(&w, range);

			nodes[i] = (struct plan_node){
				.pid = (pid_t)i + 1, .parent = i ? any(&w, i) : PLAN_CKPT,
				.sid = sid, .pgid = pgid, .session_outside = !sid,
				.pgrp_outside = !pgid, .zombie = !any(&w, 20),
				.files = 1 + any(&w, 3 * n),
			};
		}
		planned += plan_works(nodes, n);
	}
	print_message("%zu planned\n", planned);
	assert_in_range(planned, 1000, 99000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_dies),
		cmocka_unit_test(orphans),
		cmocka_unit_test(shared_tables),
		cmocka_unit_test(everything),
		cmocka_unit_test(nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
