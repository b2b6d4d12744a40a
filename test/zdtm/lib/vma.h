/* SPDX-License-Identifier: Apache-2.0 */
/* vma.h - what a zdtm test sees of its own address space: maps, smaps, pagemap, faults. */
#ifndef ZDTM_VMA_H
#define ZDTM_VMA_H

#include <sys/mman.h>
#include "zdtm.h"

#define PAGE 4096UL

/* Private anonymous memory, a VMA of its own: there is an inaccessible page on either side. */
char *map_anon(size_t len, int prot, int flags);

/* Remembers /proc/self/maps; and fails the test with the first line that is not what it was. */
void maps_save(void);
void maps_same(void);

/* Of the VMA that holds this address: whether its VmFlags have these two letters; a field in KiB. */
bool vma_flag(const void *addr, const char *flag);
uint64_t vma_kb(const void *addr, const char *field);

/* The page's entry in /proc/self/pagemap (PM_* say what its bits mean). */
#define PM_PRESENT (1ULL << 63)
#define PM_SWAPPED (1ULL << 62)
#define PM_FILE (1ULL << 61)
uint64_t page_entry(const void *addr);
bool page_there(const void *addr);	/* present or swapped */

/* What touching the byte gives, found out by a child: 0, SIGSEGV or SIGBUS. */
int touch_read(const void *addr);
int touch_write(void *addr);

#endif
