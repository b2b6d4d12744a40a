/* SPDX-License-Identifier: Apache-2.0 */
/* mm_words.c - the words that stand for flags of VMAs, and what each means. */
#include "mm_words.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"

struct word {
	uint64_t word, flags;
	unsigned key;
};

struct words {
	pthread_mutex_t lock;
	struct arena *mem;
	struct word *list;
	size_t n;
	bool wrong;		/* one word has meant two things: the kernel does not print flags from it alone */
};

struct words *words_new(struct arena *a)
{
	struct words *w = arena_zalloc(a, sizeof(*w));

	if (w) {
		w->mem = arena_child(a);
		pthread_mutex_init(&w->lock, NULL);
	}
	return w && w->mem ? w : NULL;
}

/* A process has few, so they are looked for from the first on. */
static const struct word *find(const struct words *w, uint64_t word)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->list[i].word == word)
			return &w->list[i];
	return NULL;
}

static void learn(struct words *w, uint64_t word, const struct proc_vma *v)
{
	const struct word *known = find(w, word);
	struct word *place;

	if (known) {
		w->wrong |= known->flags != v->flags || known->key != v->key;
		return;
	}
	place = ARENA_ADD(w->mem, w->list, w->n);
	if (place)
		*place = (struct word){ word, v->flags, v->key };
}

/* The iterator's VMA that begins and ends where this one does; both lists ascend. */
static const struct iter_vma *same(const struct iter_vma **at, const struct iter_vma *end, const struct proc_vma *v)
{
	while (*at < end && (*at)->start < v->start)
		(*at)++;
	return *at < end && (*at)->start == v->start && (*at)->end == v->end ? *at : NULL;
}

void words_learn(struct words *w, const struct iter_vma *iter, size_t n_iter, const struct proc_vma *smaps, size_t n)
{
	const struct iter_vma *at = iter;

	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < n; i++) {
		const struct iter_vma *its = same(&at, iter + n_iter, &smaps[i]);

		if (its)
			learn(w, its->flags, &smaps[i]);
	}
	pthread_mutex_unlock(&w->lock);
}

static bool apply(const struct words *w, const struct iter_vma *its, struct proc_vma *v)
{
	const struct word *word = its ? find(w, its->flags) : NULL;

	if (!word)
		return false;
	v->flags = word->flags;
	v->key = word->key;
	v->rss = v->end - v->start;
	v->anonymous = its->anon ? v->rss : 0;
	return true;
}

bool words_apply(struct words *w, const struct iter_vma *iter, size_t n_iter, struct proc_vma *maps, size_t n)
{
	const struct iter_vma *at = iter;
	bool known;

	pthread_mutex_lock(&w->lock);
	known = !w->wrong;
	/* The page of vsyscalls is not the process's own. */
	for (size_t i = 0; known && i < n; i++)
		if (maps[i].type != VMA_VSYSCALL)
			known = apply(w, same(&at, iter + n_iter, &maps[i]), &maps[i]);
	pthread_mutex_unlock(&w->lock);
	return known;
}

/* What allocators, threads and just-in-time compilers map, and files that are shared. */
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)
static const struct { int first, prot, flags, advice; } usual[] = {
	{ PROT_NONE, PROT_NONE, ANON, 0 },
	{ PROT_NONE, PROT_NONE, ANON | MAP_NORESERVE, 0 },
	{ PROT_NONE, PROT_NONE, ANON | MAP_STACK, 0 },
	{ RW, RW, ANON | MAP_NORESERVE, 0 },
	{ RW, RW, ANON | MAP_STACK, 0 },
	{ RW, PROT_NONE, ANON, 0 },
	{ RW, PROT_READ, ANON, 0 },
	{ RW, PROT_READ | PROT_EXEC, ANON, 0 },
	{ RW, RW | PROT_EXEC, ANON, 0 },
	{ RW, RW, ANON, MADV_HUGEPAGE },
	{ RW, RW, ANON, MADV_NOHUGEPAGE },
	{ RW, RW, ANON, MADV_DONTDUMP },
	{ RW, RW, ANON, MADV_DONTFORK },
	{ RW, RW, MAP_SHARED | MAP_ANONYMOUS, 0 },
	{ PROT_READ, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, 0 },
	{ PROT_READ, PROT_READ, MAP_SHARED, 0 },	/* of a file that is open for reading */
};

/* What cannot be mapped so is not learned. */
static void map_usual(void *at[ARRAY_SIZE(usual)])
{
	autoclose exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		at[i] = mmap(NULL, ARCH_PAGE, usual[i].first, usual[i].flags, usual[i].flags & MAP_ANONYMOUS ? -1 : exe, 0);
		if (at[i] == MAP_FAILED)
			continue;
		if (usual[i].prot != usual[i].first)
			mprotect(at[i], ARCH_PAGE, usual[i].prot);
		if (usual[i].advice)
			madvise(at[i], ARCH_PAGE, usual[i].advice);
	}
}

void words_learn_own(struct words *w, struct arena *a, int iter)
{
	autoclose self = proc_open(getpid());
	void *mapped[ARRAY_SIZE(usual)];
	struct iter_vma *its;
	struct proc_vma *smaps;
	size_t n_iter, n;

	map_usual(mapped);
	if (self >= 0 && bpf_iter_read_vmas(a, iter, &its, &n_iter) == 0 && proc_read_maps(a, self, true, &smaps, &n) == 0)
		words_learn(w, its, n_iter, smaps, n);
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (mapped[i] != MAP_FAILED)
			munmap(mapped[i], ARCH_PAGE);
}
