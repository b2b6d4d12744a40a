/* SPDX-License-Identifier: Apache-2.0 */
/* dump_room.c - room for what a dump will hold, made before the tree stands still. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
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
#define MAKE_STEP (1u << 20)
#define WORTH_A_THREAD (64u << 20)

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22		/* linux/mman.h, since Linux 5.14 */
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

/* A line "Key:  N kB" of /proc/PID/status, in bytes. */
static uint64_t status_bytes(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

/* Zeros first: of pages that exist already the kernel maps several at once. */
static int make_step(void *context, size_t step)
{
	static const unsigned char zeros[MAKE_STEP];
	const struct pages_file *f = &((struct dump *)context)->pages;
	uint64_t at = step * (uint64_t)MAKE_STEP;
	size_t len = MIN((uint64_t)MAKE_STEP, f->mapped_len - at);

	if (pwrite(f->fd, zeros, len, (off_t)at) != (ssize_t)len)
		return -ENOSPC;
	madvise(f->mapped + at, len, MADV_POPULATE_READ);	/* an older kernel maps them one by one, later */
	return 0;
}

/* A file in memory: its pages are made and mapped, so that what comes from a
 * task is copied once, to where it stays. Only if there is room for all. */
static int map_pages(struct dump *d, uint64_t bytes)
{
	struct pages_file *f = &d->pages;
	size_t steps = (bytes + MAKE_STEP - 1) / MAKE_STEP;
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	int r;

	if (at == MAP_FAILED)
		return 0;
	f->mapped = at;
	f->mapped_len = bytes;
	r = pool_each_until(steps, bytes > WORTH_A_THREAD ? pool_threads() : 1, make_step, d,
			    waits_stop, &d->tree.waits);
	if (r < 0)
		dump_unmap_pages(d);
	return r == -EINTR || r == -ETIMEDOUT ? r : 0;
}

/* Where images are in memory, making the file's pages costs as much as filling
 * them. The file gets its true size at the commit, and whether the disk is full
 * is said by the writes. */
int dump_reserve_pages(struct dump *d)
{
	uint64_t bytes = 0;
	struct statfs fs;
	char *text;

	EACH_PROCESS(p, &d->tree)
		if (!p->zombie && io_slurp(d->mem, p->dir, "status", 65536, &text, NULL) == 0)
			bytes += status_bytes(text, "\nRssAnon:") + status_bytes(text, "\nVmSwap:");
	if (bytes < RESERVE_FROM)
		return 0;
	if (fstatfs(d->pages.fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return map_pages(d, bytes);
	if (fallocate(d->pages.fd, 0, 0, (off_t)bytes) < 0)
		say(SAY_DEBUG, &d->at, "no room reserved for %llu bytes of pages", (unsigned long long)bytes);
	return 0;
}

void dump_unmap_pages(struct dump *d)
{
	if (d->pages.mapped)
		munmap(d->pages.mapped, d->pages.mapped_len);
	d->pages.mapped = NULL;
	d->pages.mapped_len = 0;
}
