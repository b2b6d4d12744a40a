/* SPDX-License-Identifier: Apache-2.0 */
/* pagemap.h - which pages of a VMA matter: those that a fresh mapping would not show.
 *
 * Selected are anonymous pages (swapped ones included) and private copies of
 * file pages; never the zero page, a clean file page, a guard page.
 * PAGEMAP_SCAN where the kernel has it (6.7), plain pagemap reads elsewhere.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

struct page_run { uint64_t start, end; };	/* addresses, page-aligned, end exclusive */

/* fd: /proc/PID/pagemap. `anonymous`: the VMA has no file (a cheaper scan).
 * Appends to *runs, adjacent runs joined, but not to those there before.
 * *n changes only on success. -errno as from ioctl(2), read(2). */
int pagemap_select(struct arena *a, int fd, uint64_t start, uint64_t end, bool anonymous,
		   struct page_run **runs, size_t *n);

/* The same from plain pagemap reads, which cannot tell the zero page: it is selected. */
int pagemap_select_plain(struct arena *a, int fd, uint64_t start, uint64_t end,
			 struct page_run **runs, size_t *n);

/* Of [start, end): bit i of *ret_shared set if page i is present but not
 * exclusive to this mm (pagemap bit 56 clear): pinning it would copy it.
 * `ret_shared` has room for (end - start) / 4096 bits, zeroed by the callee.
 * Returns how many such pages, or -errno. */
long pagemap_shared(int fd, uint64_t start, uint64_t end, uint64_t *ret_shared);

/* The entries of [start, end), a word for each page, as proc(5) describes them.
 * -errno as from read(2). */
int pagemap_read(int fd, uint64_t start, uint64_t end, uint64_t *ret);

/* Whether pagemap_select() would select the page that has this entry; without a
 * zero_frame, as pagemap_select_plain(). */
bool pagemap_matters(uint64_t entry, uint64_t zero_frame);

/* The frame of the zero page; 0: see pagemap_frame(), or there is no telling. */
uint64_t pagemap_zero_frame(void);

/* Of an entry: the page is present, and others may map it too (by copy-on-write). */
bool pagemap_is_shared(uint64_t entry);

/* Of an entry: the page's frame, by which it is known in other processes; 0: it is
 * not present, or whoever opened the file may not know (CAP_SYS_ADMIN). */
uint64_t pagemap_frame(uint64_t entry);
