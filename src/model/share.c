/* SPDX-License-Identifier: Apache-2.0 */
/* share.c - objects that can only be compared, kept in the kernel's own (hidden) order. */
#include <errno.h>
#include <linux/kcmp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "obstacles.h"
#include "share.h"

static const int types[SHARES] = {
	[SHARES_MEMORY] = KCMP_VM, [SHARES_FILES] = KCMP_FILES, [SHARES_FS] = KCMP_FS, [SHARES_SIGNALS] = KCMP_SIGHAND,
};

/* The first process with each of the objects seen so far. */
struct set {
	struct process **list;
	size_t n;
};

/* As strcmp(3) says it, or another negative number in *err. */
static int order(const struct process *a, const struct process *b, int type, int *err)
{
	long r = syscall(SYS_kcmp, a->pid, b->pid, types[type], 0, 0);

	if (r < 0)
		*err = -errno;
	return r == 1 ? -1 : r == 2 ? 1 : 0;
}

static int add(struct arena *mem, struct set *s, struct process *p, int type)
{
	size_t low = 0, high = s->n;
	int err = 0;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int o = order(p, s->list[mid], type, &err);

		if (err < 0)
			return err;
		if (o == 0) {
			p->shares[type] = s->list[mid];
			return 0;
		}
		if (o < 0)
			high = mid;
		else
			low = mid + 1;
	}
	if (!ARENA_ADD(mem, s->list, s->n))
		return -ENOMEM;
	memmove(&s->list[low + 1], &s->list[low], (s->n - 1 - low) * sizeof(*s->list));
	s->list[low] = p->shares[type] = p;
	return 0;
}

static int compare_all(struct tree *tree)
{
	for (int type = 0; type < SHARES; type++) {
		struct set s = { 0 };

		EACH_PROCESS(p, tree) {
			int r = p->zombie ? 0 : add(tree->mem, &s, p, type);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int share_survey(struct tree *tree)
{
	int r = compare_all(tree);

	if (r == 0)
		tree->n_shares_known = tree->n;
	return is_own_error(r) ? r : 0;
}

/* Nobody has come or gone since the survey, and what was shared then is shared still. 1, 0, or -errno. */
static int survey_holds(const struct tree *tree)
{
	if (tree->n_shares_known != tree->n)
		return 0;
	EACH_PROCESS(p, tree)
		for (int type = 0; type < SHARES; type++) {
			const struct process *with = p->shares[type];
			int err = 0;

			if (p->zombie != !with || (with && with->zombie))
				return 0;
			if (with && with != p && (order(p, with, type, &err) != 0 || err < 0))
				return err;
		}
	return 1;
}

int share_find(struct tree *tree)
{
	int r = survey_holds(tree);

	return r == 0 ? compare_all(tree) : r < 0 ? r : 0;
}
