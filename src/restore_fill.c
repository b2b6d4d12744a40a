/* SPDX-License-Identifier: Apache-2.0 */
/* restore_fill.c - page contents from the pages file into place.
 *
 * By ckpt's own threads, through a buffer that stays in the CPU's cache: so
 * each page is verified before it can be used, and nothing runs in the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "arch.h"
#include "cleanup.h"
#include "fault.h"
#include "fill.h"
#include "image.h"
#include "inherit.h"
#include "io.h"
#include "place.h"
#include "pool.h"

#define BATCH_PAGES IMAGE_PAGES_PER_CHECKSUM	/* and so many runs at most */
#define WORTH_A_THREAD 512u

/* What one checksum covers: at most 512 pages of a chunk. */
struct unit {
	const Chunk *chunk;
	size_t index, pages;
	bool by_force;		/* its VMA is not writable now */
	int place;		/* a userfaultfd that covers its VMA; -1: none */
	const struct ranges *only;	/* pages to be written; NULL: all */
	size_t run;		/* where in the chunk's runs it begins */
	size_t run_skip;	/* pages of that run that belong to the unit before */
	uint64_t offset;	/* in the pages file */
};

/* Units of one process. */
struct batch {
	pid_t pid;
	struct unit *units;
	size_t n_units, pages;
};

struct fill {
	struct restore *r;
	struct batch *batches;
	size_t n;
	uint64_t pages;
	int *places;		/* see place_open() */
};

static int add_unit(struct fill *f, pid_t pid, const struct unit *u)
{
	struct batch *b = f->n ? &f->batches[f->n - 1] : NULL;
	struct unit *place;

	if (!b || b->pid != pid || b->pages + u->pages > BATCH_PAGES) {
		b = ARENA_ADD(f->r->mem, f->batches, f->n);
		if (!b)
			return -ENOMEM;
		b->pid = pid;
	}
	place = ARENA_ADD(f->r->mem, b->units, b->n_units);
	if (!place)
		return -ENOMEM;
	*place = *u;
	b->pages += u->pages;
	f->pages += u->pages;
	return 0;
}

static int add_chunk(struct fill *f, pid_t pid, const Chunk *c, struct unit u)
{
	size_t run = 0, skip = 0;

	u.chunk = c;
	for (uint64_t done = 0; done < c->pages; done += u.pages, u.index++) {
		size_t left;

		left = u.pages = MIN(c->pages - done, (uint64_t)IMAGE_PAGES_PER_CHECKSUM);
		u.run = run;
		u.run_skip = skip;
		u.offset = c->offset + done * ARCH_PAGE;
		while (left) {
			size_t take = MIN(left, c->runs[run]->pages - skip);

			left -= take;
			skip += take;
			if (skip == c->runs[run]->pages) {
				run++;
				skip = 0;
			}
		}
		if (add_unit(f, pid, &u) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* What is inherited is as it will stay already. */
static bool is_writable(const struct process *p, size_t vma)
{
	const Vma *v = p->saved_mm->vmas[vma].msg;

	return inherits_vma(p->inherited, vma) ? v->prot & PROT_WRITE : vma_was_writable(v);
}

static int plan_process(struct fill *f, const struct process *p, int place)
{
	const struct loaded_mm *mm = p->saved_mm;

	for (size_t i = 0; i < mm->n_vmas; i++) {
		struct unit u = { .by_force = !is_writable(p, i), .place = place_fits(p, i) ? place : -1,
				  .only = inherits_vma(p->inherited, i) ? &p->inherited->vmas[i].missing : NULL };

		for (size_t j = 0; j < mm->vmas[i].n_chunks; j++)
			if (!inherits_chunk(p->inherited, i, j) && add_chunk(f, p->pid, mm->vmas[i].chunks[j], u) < 0)
				return -ENOMEM;
	}
	return 0;
}

static int plan_fill(struct fill *f, const struct processes *ps)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < ps->n; i++)
		err = plan_process(f, ps->list[i], f->places[i]);
	return err;
}

/* Of a run of pages with its contents what is to be written: as many runs as pages at most. */
static size_t split_run(const struct ranges *only, struct range run, unsigned char *buf, struct iovec *here, struct iovec *there)
{
	const struct ranges all = { &run, 1 };
	size_t n = 0;

	only = only ? only : &all;
	for (size_t k = ranges_first(only, run.start); k < only->n && only->list[k].start < run.end; k++, n++) {
		uint64_t start = MAX(run.start, only->list[k].start), end = MIN(run.end, only->list[k].end);

		there[n] = (struct iovec){ (void *)start, end - start };
		here[n] = (struct iovec){ buf + (start - run.start), end - start };
	}
	return n;
}

static size_t unit_runs(const struct unit *u, unsigned char *buf, struct iovec *here, struct iovec *there)
{
	size_t n = 0, left = u->pages, skip = u->run_skip;

	for (size_t i = u->run; left; i++) {
		const PageRun *run = u->chunk->runs[i];
		size_t take = MIN(left, run->pages - skip);
		uint64_t start = run->start + skip * ARCH_PAGE;

		n += split_run(u->only, (struct range){ start, start + take * ARCH_PAGE }, buf, here + n, there + n);
		buf += take * ARCH_PAGE;
		left -= take;
		skip = 0;
	}
	return n;
}

/* *fd is /proc/PID/mem, opened for the first run that needs it. */
static int force(pid_t pid, int *fd, const struct iovec *here, const struct iovec *there, size_t n)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	if (*fd < 0)
		*fd = FAULTY(FAULT_OPEN, open(path, O_WRONLY | O_CLOEXEC));
	if (*fd < 0)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		int r = io_pwrite_all(*fd, here[i].iov_base, here[i].iov_len, (uint64_t)there[i].iov_base);

		if (r < 0)
			return r;
	}
	return 0;
}

static int write_runs(pid_t pid, const struct iovec *here, const struct iovec *there, size_t n)
{
	size_t want = 0;
	ssize_t got;

	for (size_t i = 0; i < n; i++)
		want += here[i].iov_len;
	got = n ? FAULTY(FAULT_WRITE, process_vm_writev(pid, here, n, there, n, 0)) : 0;
	if (got < 0)
		return -errno;
	return (size_t)got == want ? 0 : -EFAULT;
}

/* Units that lie side by side in the pages file in one go. */
static int read_units(int fd, const struct batch *b, unsigned char *to)
{
	int r = 0;

	for (size_t i = 0, next; r == 0 && i < b->n_units; i = next) {
		const uint64_t start = b->units[i].offset;
		uint64_t end = start + b->units[i].pages * ARCH_PAGE;

		for (next = i + 1; next < b->n_units && b->units[next].offset == end; next++)
			end += b->units[next].pages * ARCH_PAGE;
		r = io_pread_all(fd, to, end - start, start);
		to += end - start;
	}
	return r;
}

static int fill_batch(void *context, size_t i)
{
	struct fill *f = context;
	const struct batch *b = &f->batches[i];
	autofree unsigned char *buf = aligned_alloc(ARCH_PAGE, b->pages * ARCH_PAGE);
	struct iovec here[BATCH_PAGES], there[BATCH_PAGES];
	autoclose mem_fd = -1;
	unsigned char *at = buf;
	size_t n = 0;
	int r = buf ? read_units(f->r->ck.pages_fd, b, buf) : -ENOMEM;

	for (size_t j = 0; r == 0 && j < b->n_units; j++) {
		const struct unit *u = &b->units[j];
		size_t more;

		if (image_checksum(at, u->pages * ARCH_PAGE) != u->chunk->checksums[u->index])
			return -EBADMSG;
		more = unit_runs(u, at, here + n, there + n);
		if (u->place >= 0)
			r = place_pages(u->place, here + n, there + n, more);
		else if (u->by_force)
			r = force(b->pid, &mem_fd, here + n, there + n, more);
		else
			n += more;
		at += u->pages * ARCH_PAGE;
	}
	return r < 0 ? r : write_runs(b->pid, here, there, n);
}

int fill_memory(struct restore *r, const struct processes *ps)
{
	struct fill f = { .r = r };
	int err = place_open(r, ps, &f.places);

	if (err < 0)
		return err;
	err = plan_fill(&f, ps);
	r->result->pages += f.pages;
	if (err == 0)
		err = pool_each_until(f.n, f.pages > WORTH_A_THREAD ? pool_threads() : 1, fill_batch, &f,
				      waits_stop, &r->tree.waits);
	place_close(ps, f.places);
	if (err == -EBADMSG)
		return fail(&r->at, 0, "page contents do not match their checksum: the image is damaged");
	if (err == -EINTR || err == -ETIMEDOUT)
		return err;
	return err < 0 ? fail(&r->at, err, "cannot fill the memory") : 0;
}
