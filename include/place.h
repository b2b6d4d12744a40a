/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - page contents put where no page is yet, by userfaultfd(2).
 *
 * A page that is written to is first zeroed, then written; one that is placed
 * is filled at once, which takes two thirds of the time. Only for memory in
 * which the kernel would make no huge pages.
 */
#pragma once
#include <sys/uio.h>

#include "restore_state.h"

/* For each of the processes a userfaultfd that covers the memory of which
 * place_fits() says so; -1: it has none, or there is no such thing here. Speaks. */
int place_open(struct restore *r, const struct processes *ps, int **ret);
void place_close(const struct processes *ps, int *fds);	/* NULL is fine */

bool place_fits(const struct process *p, size_t vma);

/* n runs of contents from here to there, in memory that fits. -errno. */
int place_pages(int fd, const struct iovec *here, const struct iovec *there, size_t n);
