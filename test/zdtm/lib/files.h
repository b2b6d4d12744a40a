/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - what tests of descriptors share: files of numbered records, exact reads, listening sockets, outsiders. */
#ifndef ZDTM_FILES_H
#define ZDTM_FILES_H

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "zdtm.h"

/* Files in the test's own directory. Record k is 16 bytes at offset 16 k that tell k. */
enum { RECORD = 16 };
int file_open(const char *name, int flags);		/* creates it, mode 0600, if the flags say so */
void records_make(const char *name, unsigned n);
void record_expect(int fd, unsigned k);			/* the next read gives record k */
void record_write(int fd, unsigned k);
void record_expect_at(const char *name, unsigned at, unsigned k);	/* the file holds record k where `at` belongs */

/* The next reads give exactly these bytes; and all of them can be written. */
void bytes_expect(int fd, const void *want, size_t len);
void bytes_write(int fd, const void *bytes, size_t len);
bool fd_ready(int fd, short events);			/* poll(2) says so at once */

/* A listening stream socket on the loopback address, at a port of the kernel's choice; its address. */
struct endpoint {
	struct sockaddr_storage addr;
	socklen_t len;
};
struct endpoint loopback(int family);			/* port 0 */
int tcp_listen(struct endpoint *at, int backlog);	/* binds to *at, and updates it; skips if there is no such address */
int tcp_connect(const struct endpoint *to);
/* A connection through the listener works in both directions; nothing of it is left. */
void tcp_check(int listener, const struct endpoint *to);

/* Runs fn(arg) in a process that is no descendant of this one. It is there when this returns; it must end by itself. */
void outsider(void (*fn)(int arg), int arg);

#endif
