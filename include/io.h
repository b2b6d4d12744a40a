/* SPDX-License-Identifier: Apache-2.0 */
/* io.h - whole reads and writes; descriptors are close-on-exec throughout.
 *
 * Each returns 0 (or what is said) or -errno; none prints.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct arena;

/* Of buffers that the kernel copies much to: into one that is not so aligned it copies at
 * a third of the speed on AMD's CPUs (rep movsb; seen on Zen 3 with Linux 6.18, 4096 bytes
 * in 3.0 instead of 0.85 us). malloc(3) aligns to 16. */
#define IO_ALIGNMENT 64

/* All of it, or -errno; -ENODATA: the file ended early. */
int io_read_all(int fd, void *buf, size_t len);
int io_pread_all(int fd, void *buf, size_t len, uint64_t at);
int io_write_all(int fd, const void *buf, size_t len);
int io_pwrite_all(int fd, const void *buf, size_t len, uint64_t at);

/* The whole of a file (of /proc, as a rule, so of unknown size) as text with a
 * NUL behind it, in the arena. *ret_len does not count the NUL; may be NULL.
 * -EFBIG above `max` bytes. */
int io_slurp(struct arena *a, int dirfd, const char *path, size_t max,
	     char **ret, size_t *ret_len);

/* readlinkat(2) into the arena, of any length. */
int io_readlink(struct arena *a, int dirfd, const char *path, char **ret);

/* Write a short text to a file of /proc in one write(2). */
int io_put(int dirfd, const char *path, const char *text);

int64_t io_now_ns(int clock);	/* clock_gettime(2) in nanoseconds */
