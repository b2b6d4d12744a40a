/* SPDX-License-Identifier: Apache-2.0 */
/* dump_room.c - room for what a dump will hold, made before the tree stands still. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "arch.h"
#include "cleanup.h"
#include "dump_state.h"
#include "io.h"
#include "pool.h"

#define RESERVE_FROM (256u << 10)
#define RESERVE_AT_MOST (15u << 20)	/* what main() lets malloc(3) keep is a little more */
#define ROOM_FOR_PROCESS 65536u
#define ROOM_FOR_TASK 16384u
#define STEP (2u << 20)
#define WORTH_A_THREAD (64u << 20)
#define WORTH_COUNTING (64u << 20)

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22		/* linux/mman.h, since Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

/* What is to be allocated while the tree stands still has its pages before: it
 * comes from what is given back here. */
void dump_reserve_memory(const struct dump *d)
{
	size_t bytes = 0;
	char *room;

	EACH_PROCESS(p, &d->tree)
		bytes += ROOM_FOR_PROCESS + p->n_tasks * ROOM_FOR_TASK;
	bytes = MIN(bytes, (size_t)RESERVE_AT_MOST);
	room = malloc(bytes);
	for (size_t at = 0; room && at < bytes; at += ARCH_PAGE)
		*(volatile char *)(room + at) = 1;
	free(room);
}

static uint64_t anonymous(const struct dump *d)
{
	uint64_t all = 0;

	EACH_PROCESS(p, &d->tree) {
		struct proc_status s;

		if (!p->zombie && proc_read_status(d->mem, p->dir, &s) == 0)
			all += s.rss_anon + s.swap;
	}
	return all;
}

/* Of these, each process's share of what several have. */
static uint64_t anonymous_shares(const struct dump *d)
{
	static const char *const keys[] = { "Pss_Anon:", "SwapPss:" };
	uint64_t all = 0, bytes;

	EACH_PROCESS(p, &d->tree) {
		char *text;
		size_t len;

		if (p->zombie || io_slurp(d->mem, p->dir, "smaps_rollup", 65536, &text, &len) < 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (proc_parse_kib(text, len, keys[i], &bytes) == 0)
				all += bytes;
	}
	return all;
}

/* About as much as will have to be saved. What processes share is saved once, if ckpt
 * sees that they do; to count it so takes time, which is worth it where there is much. */
static uint64_t guess_bytes(const struct dump *d)
{
	uint64_t all = anonymous(d);
	uint64_t shares = all > WORTH_COUNTING && d->tree.n > 1 && d->tree.own.zero_frame ? anonymous_shares(d) : 0;

	return shares ? MIN(shares, all) : all;
}

/* In parts, by several threads where there is much. 0, -EINTR or -ETIMEDOUT, or any other negative result. */
static int in_steps(struct dump *d, uint64_t bytes, int (*step)(void *context, size_t i))
{
	return pool_each_until((bytes + STEP - 1) / STEP, bytes > WORTH_A_THREAD ? pool_threads() : 1, step, d,
			       waits_stop, &d->tree.waits);
}

static int populate(const struct pages_file *f, uint64_t at, size_t len, int advice)
{
	/* An older kernel maps them one by one, later. */
	return madvise(f->mapped + at, len, advice) < 0 && errno != EINVAL ? -errno : 0;
}

/* Zeros first: of pages that exist already the kernel maps several at once. */
static int make_step(void *context, size_t step)
{
	static const unsigned char zeros[STEP];
	const struct pages_file *f = &((struct dump *)context)->pages;
	uint64_t at = step * (uint64_t)STEP;
	size_t len = MIN((uint64_t)STEP, f->mapped_len - at);

	if (f->staged)
		return populate(f, at, len, MADV_POPULATE_WRITE);
	if (pwrite(f->fd, zeros, len, (off_t)at) != (ssize_t)len)
		return -ENOSPC;
	return populate(f, at, len, MADV_POPULATE_READ);
}

/* Pages are made and mapped, so that what comes from a task is copied once: those of
 * the file, where it is in memory, to where they stay. Only if there is room for all. */
static int map_pages(struct dump *d, uint64_t bytes, bool staged)
{
	struct pages_file *f = &d->pages;
	void *at = staged ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) :
			    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	int r;

	if (at == MAP_FAILED)
		return 0;
	f->mapped = at;
	f->mapped_len = bytes;
	f->staged = staged;
	if (staged)
		madvise(at, bytes, MADV_HUGEPAGE);	/* fewer to make */
	r = in_steps(d, bytes, make_step);
	if (r < 0)
		dump_unmap_pages(d);
	return r == -EINTR || r == -ETIMEDOUT ? r : 0;
}

/* To write to a disk takes the time of the disk, and more if it is busy: a tree that
 * is to go on does not wait for that, if memory can hold its pages twice. Should it
 * get short all the same, it is ckpt that the kernel ends, not the tree. */
static bool can_stage(const struct dump *d, uint64_t bytes)
{
	autoclose self = -1;
	uint64_t left;

	if (!d->opt->leave_running || proc_memory_left(d->mem, &left) < 0 || bytes > left / 2)
		return false;
	self = proc_open(getpid());
	return self >= 0 && io_put(self, "oom_score_adj", "1000") == 0;
}

/* Where images are in memory, making the file's pages costs as much as filling
 * them. The file gets its true size at the commit, and whether the disk is full
 * is said by the writes. */
int dump_reserve_pages(struct dump *d)
{
	uint64_t bytes = guess_bytes(d);
	struct statfs fs;
	int r;

	if (bytes < RESERVE_FROM)
		return 0;
	if (fstatfs(d->pages.fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return map_pages(d, bytes, false);
	if (fallocate(d->pages.fd, 0, 0, (off_t)bytes) < 0)
		say(SAY_DEBUG, &d->at, "no room reserved for %llu bytes of pages", (unsigned long long)bytes);
	r = can_stage(d, bytes) ? map_pages(d, bytes, true) : 0;
	if (d->pages.staged)
		say(SAY_DEBUG, &d->at, "pages, about %llu bytes, are kept in memory until the tree goes on", (unsigned long long)bytes);
	return r;
}

static uint64_t staged_bytes(const struct dump *d)
{
	return d->pages.staged ? mm_copy_mapped(d->copy) : 0;
}

/* On to the disk at once: what waits for the end of all writes waits for longer. */
static int write_step(void *context, size_t step)
{
	const struct dump *d = context;
	uint64_t at = step * (uint64_t)STEP;
	size_t len = MIN((uint64_t)STEP, staged_bytes(d) - at);
	int r = io_pwrite_all(d->pages.fd, d->pages.mapped + at, len, at);

	if (r < 0)
		return r;
	sync_file_range(d->pages.fd, (off_t)at, (off_t)len, SYNC_FILE_RANGE_WRITE);
	madvise(d->pages.mapped + at, len, MADV_DONTNEED);
	return 0;
}

int dump_write_staged(struct dump *d)
{
	int r = in_steps(d, staged_bytes(d), write_step);

	if (r == -EINTR || r == -ETIMEDOUT)
		return r;
	return r < 0 ? fail(&d->at, r, "cannot write the pages file") : 0;
}

void dump_unmap_pages(struct dump *d)
{
	if (d->pages.mapped)
		munmap(d->pages.mapped, d->pages.mapped_len);
	d->pages.mapped = NULL;
	d->pages.mapped_len = 0;
	d->pages.staged = false;
}
