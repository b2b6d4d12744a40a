/* SPDX-License-Identifier: Apache-2.0 */
/* mm_words.h - what smaps tells of a VMA, without smaps.
 *
 * For smaps the kernel walks over all pages of a process and prints 25 lines for each VMA.
 * Of these ckpt needs the flags and the protection key, and both are printed from one word,
 * vm_flags (show_smap() in fs/proc/task_mmu.c). An iterator tells that word (bpf_iter.h), but what
 * its bits mean differs from kernel to kernel. So the meaning is learned: from a smaps of a process
 * that stands still. A word that was met before means the same again.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "bpf_iter.h"
#include "proc.h"

struct arena;
struct words;

/* NULL: no memory. May be used by several threads at once. */
struct words *words_new(struct arena *a);

/* The same VMAs as smaps and as the iterator have them; those that only one of the two has
 * are not looked at. Without memory nothing is learned. */
void words_learn(struct words *w, const struct iter_vma *iter, size_t n_iter, const struct proc_vma *smaps, size_t n);

/* Fill in what maps does not tell: flags and key; anonymous and rss, as much as there may be.
 * False: some VMA is not known to the iterator, or its word not to us; then nothing is to be believed. */
bool words_apply(struct words *w, const struct iter_vma *iter, size_t n_iter, struct proc_vma *maps, size_t n);

/* Learn what mappings of ckpt's own mean, and some that programs have as a rule. */
void words_learn_own(struct words *w, struct arena *a, int iter);
