/* SPDX-License-Identifier: Apache-2.0 */
/* mm_frames.h - pages that several processes of a tree share by copy-on-write, known by
 * their page frames. Each is saved once.
 *
 * A frozen task does not change its memory, but the kernel may still move a page to
 * another frame, and give the old one to another page. So the frames of a page that was
 * met again are looked at once more when all have been (frames_hold()): one that is
 * still where it was has been there meanwhile.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct process;
struct frames;

/* NULL: no memory. Lives as long as the arena. */
struct frames *frames_new(struct arena *a);

/* n pages of a process, from an address on, of which pagemap has these entries (kept by
 * the caller), go to the pages file from this offset on. -ENOMEM or 0. */
int frames_add(struct frames *f, const struct process *p, uint64_t start, const uint64_t *entries, size_t n, uint64_t offset);

/* How many of the n pages that have these entries, from the first on, are in the pages
 * file already, side by side from *ret_offset on. */
size_t frames_known(struct frames *f, const uint64_t *entries, size_t n, uint64_t *ret_offset);

/* 1: every page that was met again is where it was when it was added; 0: not so, what
 * frames_known() said may be wrong; -errno as from open(2), read(2). */
int frames_hold(const struct frames *f);
