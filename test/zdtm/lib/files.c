/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - what tests of descriptors share: files of numbered records, exact reads, listening sockets, outsiders. */
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include "files.h"

int file_open(const char *name, int flags)
{
	return must(open(test_path(name), flags, 0600));
}

static void record_make(char *buf, unsigned k)
{
	char text[RECORD + 1];

	snprintf(text, sizeof(text), "%0*u\n", RECORD - 1, k);
	memcpy(buf, text, RECORD);
}

void record_write(int fd, unsigned k)
{
	char buf[RECORD];

	record_make(buf, k);
	bytes_write(fd, buf, RECORD);
}

void records_make(const char *name, unsigned n)
{
	int fd = file_open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);

	for (unsigned k = 0; k < n; k++)
		record_write(fd, k);
	must(close(fd));
}

void record_expect(int fd, unsigned k)
{
	char buf[RECORD];

	record_make(buf, k);
	bytes_expect(fd, buf, RECORD);
}

void record_expect_at(const char *name, unsigned at, unsigned k)
{
	int fd = file_open(name, O_RDONLY | O_CLOEXEC);

	must(lseek(fd, at * RECORD, SEEK_SET));
	record_expect(fd, k);
	must(close(fd));
}

void bytes_expect(int fd, const void *want, size_t len)
{
	char buf[4096];
	ssize_t n;

	for (size_t have = 0; have < len; have += n) {
		n = must(read(fd, buf, len - have < sizeof(buf) ? len - have : sizeof(buf)));
		check(n, "descriptor %d ends after %zu of %zu bytes", fd, have, len);
		check(!memcmp(buf, (const char *)want + have, n), "descriptor %d gives wrong bytes from %zu on: '%.*s'",
		      fd, have, n < 40 ? (int)n : 40, buf);
	}
}

void bytes_write(int fd, const void *bytes, size_t len)
{
	for (size_t done = 0; done < len; )
		done += must(write(fd, (const char *)bytes + done, len - done));
}

bool fd_ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	must(poll(&p, 1, 0));
	return p.revents & events;
}

struct endpoint loopback(int family)
{
	struct endpoint at = { };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&at.addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at.addr;

	at.addr.ss_family = family;
	at.len = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
	if (family == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		v6->sin6_addr = in6addr_loopback;
	return at;
}

int tcp_listen(struct endpoint *at, int backlog)
{
	int fd = socket(at->addr.ss_family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at->addr, at->len) < 0)
		skip("cannot bind to the loopback address: %s", strerror(errno));
	must(getsockname(fd, (struct sockaddr *)&at->addr, &at->len));
	must(listen(fd, backlog));
	return fd;
}

int tcp_connect(const struct endpoint *to)
{
	int fd = must(socket(to->addr.ss_family, SOCK_STREAM, 0));

	must(connect(fd, (const struct sockaddr *)&to->addr, to->len));
	return fd;
}

void tcp_check(int listener, const struct endpoint *to)
{
	int client = tcp_connect(to), server;

	bytes_write(client, "there", 5);	/* first, for TCP_DEFER_ACCEPT */
	server = must(accept(listener, NULL, NULL));
	bytes_write(server, "back", 4);
	bytes_expect(server, "there", 5);
	bytes_expect(client, "back", 4);
	must(close(client));
	must(close(server));
}

/* The child between the two ends at once, so that init or a subreaper inherits its child. */
void outsider(void (*fn)(int arg), int arg)
{
	pid_t child = test_fork();

	if (!child) {
		if (!test_fork()) {
			must(setsid());
			fn(arg);
			_exit(0);
		}
		_exit(0);
	}
	test_reap(child, 0);
}
