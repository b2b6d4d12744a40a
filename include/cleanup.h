/* SPDX-License-Identifier: Apache-2.0 */
/* cleanup.h - resources that give themselves back.
 *
 * Every descriptor or heap pointer that a function owns is declared with one
 * of these and initialised in its declaration. Ownership leaves a function in
 * exactly one way: through take_fd() or take_ptr(), usually in the return.
 */
#pragma once
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define autoclose __attribute__((cleanup(autoclose_fd))) int
#define autofree  __attribute__((cleanup(autofree_ptr)))
#define auto_(fn) __attribute__((cleanup(fn)))

static inline void autoclose_fd(int *fd)
{
	int keep = errno;

	if (*fd >= 0)
		close(*fd);
	errno = keep;
}

static inline void autofree_ptr(void *p)
{
	free(*(void **)p);
}

static inline int take_fd(int *fd)
{
	int out = *fd;

	*fd = -EBADF;
	return out;
}

#define take_ptr(p) ({ __typeof__(p) out_ = (p); (p) = NULL; out_; })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ({ __auto_type a_ = (a); __auto_type b_ = (b); a_ < b_ ? a_ : b_; })
#define MAX(a, b) ({ __auto_type a_ = (a); __auto_type b_ = (b); a_ > b_ ? a_ : b_; })
