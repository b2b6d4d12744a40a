/* SPDX-License-Identifier: Apache-2.0 */
/* tcp.h - options of TCP sockets, and what sock_diag(7) knows of listening ones. */
#pragma once
#include "fd_common.h"

struct tcp_listener {
	uint32_t backlog, waiting;	/* connections: at most, now in the accept queue */
	bool keyed;			/* has TCP-MD5 keys (shown to CAP_NET_ADMIN only) */
};

/* -ENOENT: no such listener in ckpt's network namespace. */
int tcp_diag_listener(int family, uint64_t ino, struct tcp_listener *ret);

/* Those options of fd that differ from a new socket's, in the arena. */
int tcp_options_save(struct arena *a, int fd, int family, SocketOption ***ret, size_t *ret_n);

/* Says which option of an image ckpt does not set. */
int tcp_options_valid(const struct where *at, SocketOption *const *list, size_t n);

/* Before bind(2). Says what failed. */
int tcp_options_set(struct opener *o, int fd, SocketOption *const *list, size_t n);
