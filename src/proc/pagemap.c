/* SPDX-License-Identifier: Apache-2.0 */
/* pagemap.c - which pages of a VMA matter. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "pagemap.h"

#define PAGE 4096ul

/* PAGEMAP_SCAN of linux/fs.h, which has it since 6.7: Documentation/admin-guide/mm/pagemap.rst */
struct scan_region { uint64_t start, end, categories; };
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof_mask, return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan_arg)
enum {
	SCAN_FILE = 1 << 2,
	SCAN_PRESENT = 1 << 3,
	SCAN_SWAPPED = 1 << 4,
	SCAN_PFNZERO = 1 << 5,
	SCAN_GUARD = 1 << 8,	/* Linux 6.15; unknown before that, EINVAL */
};

/* Bits of a plain pagemap entry: proc(5) */
#define PM_FRAME ((1ull << 55) - 1)
#define PM_EXCLUSIVE (1ull << 56)
#define PM_GUARD (1ull << 58)
#define PM_FILE (1ull << 61)
#define PM_SWAPPED (1ull << 62)
#define PM_PRESENT (1ull << 63)

/* Runs of one call, joined to each other but not to those of the calls before. */
struct out {
	struct arena *a;
	struct page_run *runs;
	size_t first, n;
};

static int add_run(struct out *o, uint64_t start, uint64_t end)
{
	struct page_run *run = o->n > o->first ? &o->runs[o->n - 1] : NULL;

	if (run && run->end == start) {
		run->end = end;
		return 0;
	}
	run = ARENA_ADD(o->a, o->runs, o->n);
	if (!run)
		return -ENOMEM;
	*run = (struct page_run){ start, end };
	return 0;
}

static int add_regions(struct out *o, const struct scan_region *vec, int n)
{
	for (int i = 0; i < n; i++) {
		int r = add_run(o, vec[i].start, vec[i].end);

		if (r)
			return r;
	}
	return 0;
}

/* Pages in none of the categories `unwanted`, present or swapped. */
static int scan(struct out *o, int fd, uint64_t start, uint64_t end, uint64_t unwanted)
{
	struct scan_region vec[1024];
	struct scan_arg arg = {
		.size = sizeof(arg),
		.vec = (uintptr_t)vec,
		.vec_len = ARRAY_SIZE(vec),
		.inverted = unwanted,
		.mask = unwanted,
		.anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		/* Not reported: pages that differ in these alone are one region. */
		.return_mask = 0,
	};

	while (start < end) {
		int n, r;

		arg.start = start;
		arg.end = end;
		n = FAULTY(FAULT_READ, ioctl(fd, SCAN_IOCTL, &arg));
		if (n < 0)
			return -errno;
		r = add_regions(o, vec, n);
		if (r)
			return r;
		/* With more regions than fit, walk_end can be stale by up to one
		 * flush of the kernel's buffer of 512 (seen on Linux 6.18): the
		 * last region tells how far it came. */
		if (n > 0)
			arg.walk_end = MAX(arg.walk_end, vec[n - 1].end);
		if (arg.walk_end <= start)
			return -EIO;
		start = arg.walk_end;
	}
	return 0;
}

int pagemap_read(int fd, uint64_t start, uint64_t end, uint64_t *ret)
{
	return io_pread_all(fd, ret, (end - start) / PAGE * sizeof(*ret), start / PAGE * sizeof(*ret));
}

uint64_t pagemap_frame(uint64_t entry)
{
	return entry & PM_PRESENT ? entry & PM_FRAME : 0;
}

bool pagemap_matters(uint64_t entry, uint64_t zero_frame)
{
	return entry & (PM_PRESENT | PM_SWAPPED) && !(entry & (PM_FILE | PM_GUARD)) &&
	       (!zero_frame || pagemap_frame(entry) != zero_frame);
}

bool pagemap_is_shared(uint64_t entry)
{
	return (entry & (PM_PRESENT | PM_EXCLUSIVE)) == PM_PRESENT;
}

uint64_t pagemap_zero_frame(void)
{
	volatile char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	autoclose fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (page == MAP_FAILED)
		return 0;
	(void)*page;
	if (fd < 0 || pagemap_read(fd, (uintptr_t)page, (uintptr_t)page + PAGE, &entry) < 0)
		entry = 0;
	munmap((void *)(uintptr_t)page, PAGE);
	return pagemap_frame(entry);
}

static int select_plain(struct out *o, int fd, uint64_t start, uint64_t end)
{
	uint64_t entry[4096];

	while (start < end) {
		size_t n = MIN((end - start) / PAGE, ARRAY_SIZE(entry));
		int r = pagemap_read(fd, start, start + n * PAGE, entry);

		for (size_t i = 0; !r && i < n; i++) {
			if (pagemap_matters(entry[i], 0))
				r = add_run(o, start + i * PAGE, start + (i + 1) * PAGE);
		}
		if (r)
			return r;
		start += n * PAGE;
	}
	return 0;
}

int pagemap_select_plain(struct arena *a, int fd, uint64_t start, uint64_t end,
			 struct page_run **runs, size_t *n)
{
	struct out o = { a, *runs, *n, *n };
	int r = select_plain(&o, fd, start, end);

	*runs = o.runs;
	if (!r)
		*n = o.n;
	return r;
}

int pagemap_select(struct arena *a, int fd, uint64_t start, uint64_t end, bool anonymous,
		   struct page_run **runs, size_t *n)
{
	/* Asking for FILE makes the kernel look at every page: 3.5 times slower. */
	uint64_t unwanted = SCAN_PFNZERO | (anonymous ? 0 : SCAN_FILE);
	struct out o = { a, *runs, *n, *n };
	int r;

	if (start >= end)
		return 0;
	r = scan(&o, fd, start, end, unwanted | SCAN_GUARD);
	if (r == -EINVAL && o.n == o.first)
		r = scan(&o, fd, start, end, unwanted);
	if ((r == -EINVAL || r == -ENOTTY) && o.n == o.first)
		r = select_plain(&o, fd, start, end);
	*runs = o.runs;
	if (!r)
		*n = o.n;
	return r;
}

/* One word of ret_shared for every 64 entries. */
static long mark_shared(const uint64_t *entry, size_t n, uint64_t *bits)
{
	long count = 0;

	for (size_t i = 0; i < n; i++)
		if (pagemap_is_shared(entry[i])) {
			bits[i / 64] |= 1ull << i % 64;
			count++;
		}
	return count;
}

long pagemap_shared(int fd, uint64_t start, uint64_t end, uint64_t *ret_shared)
{
	uint64_t entry[4096];	/* a multiple of 64 */
	size_t total = (end - start) / PAGE;
	long count = 0;

	memset(ret_shared, 0, (total + 63) / 64 * sizeof(*ret_shared));
	for (size_t at = 0; at < total; at += ARRAY_SIZE(entry)) {
		size_t n = MIN(total - at, ARRAY_SIZE(entry));
		int r = pagemap_read(fd, start + at * PAGE, start + (at + n) * PAGE, entry);

		if (r)
			return r;
		count += mark_shared(entry, n, ret_shared + at / 64);
	}
	return count;
}
