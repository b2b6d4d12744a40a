/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tcp_options.c - options of a listening socket, which the sockets that it accepts inherit. */
#include <netinet/tcp.h>
#include "files.h"

static const struct { const char *name; int level, option, value; } options[] = {
	{ "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1 },
	{ "SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1 },
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1 },
	{ "SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, 1 },
	{ "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, 33333 },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, 44444 },
	{ "SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, 3 },
	{ "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, 2 },
	{ "IP_TOS", IPPROTO_IP, IP_TOS, 0x10 },
	{ "IP_TTL", IPPROTO_IP, IP_TTL, 77 },
	{ "IP_FREEBIND", IPPROTO_IP, IP_FREEBIND, 1 },
	{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1 },
	{ "TCP_DEFER_ACCEPT", IPPROTO_TCP, TCP_DEFER_ACCEPT, 7 },
	{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 111 },
	{ "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL, 22 },
	{ "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 5 },
	{ "TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, 4 },
	{ "TCP_LINGER2", IPPROTO_TCP, TCP_LINGER2, 33 },
	{ "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, 12345 },
	{ "TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, 0 },
	{ "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, 1000 },
	{ "TCP_WINDOW_CLAMP", IPPROTO_TCP, TCP_WINDOW_CLAMP, 20000 },
	{ "TCP_NOTSENT_LOWAT", IPPROTO_TCP, TCP_NOTSENT_LOWAT, 30000 },
};
enum { OPTIONS = sizeof(options) / sizeof(*options) };

static int get(int fd, size_t i)
{
	int value = -1;
	socklen_t len = sizeof(value);

	must(getsockopt(fd, options[i].level, options[i].option, &value, &len));
	return value;
}

int main(int argc, char **argv)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 9 }, got;
	struct endpoint at;
	int set[OPTIONS], fd;
	socklen_t len = sizeof(got);

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	for (size_t i = 0; i < OPTIONS; i++)
		must(setsockopt(fd, options[i].level, options[i].option, &options[i].value, sizeof(int)));
	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	must(bind(fd, (struct sockaddr *)&at.addr, at.len));
	must(getsockname(fd, (struct sockaddr *)&at.addr, &at.len));
	must(listen(fd, 5));
	/* The kernel rounds some of them. */
	for (size_t i = 0; i < OPTIONS; i++)
		set[i] = get(fd, i);
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < OPTIONS; i++)
		check(get(fd, i) == set[i], "%s was %d, now %d", options[i].name, set[i], get(fd, i));
	must(getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &len));
	check(got.l_onoff == 1 && got.l_linger == 9, "SO_LINGER is lost");
	tcp_check(fd, &at);
	pass();
}
