/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_contents.h - what is in a pipe or a FIFO, looked at without reading it. */
#pragma once
#include "fd_common.h"

struct pipe_contents {
	uint64_t size;			/* capacity in bytes, as for F_SETPIPE_SZ */
	ProtobufCBinaryData data;
	uint64_t *packets;		/* lengths; none: the data are a byte stream */
	size_t n_packets;
	bool mixed;			/* packets and a byte stream: cannot be told apart */
};

int pipe_peek(const struct file_facts *f, struct pipe_contents *ret);

/* `check` of both kinds. */
int pipe_check(const struct file_facts *f, struct obstacles *list);

/* From an image: does it hang together? Says what does not. */
int pipe_valid(const struct where *at, const struct pipe_contents *c);

/* Give fd, any end of a pipe, its capacity; fd_w its contents. Not the
 * opener's to close: on failure both stay open. */
int pipe_fill(struct opener *o, int fd_w, const struct pipe_contents *c);
int pipe_set_size(struct opener *o, int fd, uint64_t size);
