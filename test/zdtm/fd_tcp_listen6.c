/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tcp_listen6.c - listening IPv6 sockets, one for IPv6 only and one for both families. */
#include "files.h"

static int listen6(struct endpoint *at, int only)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0)
		skip("no IPv6: %s", strerror(errno));
	must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)));
	if (!only)
		((struct sockaddr_in6 *)&at->addr)->sin6_addr = in6addr_any;
	if (bind(fd, (struct sockaddr *)&at->addr, at->len) < 0)
		skip("no IPv6 address: %s", strerror(errno));
	must(getsockname(fd, (struct sockaddr *)&at->addr, &at->len));
	must(listen(fd, 5));
	return fd;
}

int main(int argc, char **argv)
{
	struct endpoint only, both, v4;
	int fd[2], value;
	socklen_t len = sizeof(value);

	test_init(argc, argv);
	only = loopback(AF_INET6);
	both = only;
	v4 = loopback(AF_INET);
	fd[0] = listen6(&only, 1);
	fd[1] = listen6(&both, 0);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < 2; i++) {
		must(getsockopt(fd[i], IPPROTO_IPV6, IPV6_V6ONLY, &value, &len));
		check(value == !i, "socket %d: IPV6_V6ONLY is now %d", i, value);
	}
	tcp_check(fd[0], &only);
	tcp_check(fd[1], &both);
	/* The unspecified address takes IPv4 clients too. */
	((struct sockaddr_in *)&v4.addr)->sin_port = ((struct sockaddr_in6 *)&both.addr)->sin6_port;
	tcp_check(fd[1], &v4);
	pass();
}
