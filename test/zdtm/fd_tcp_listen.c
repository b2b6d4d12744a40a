/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tcp_listen.c - a listening IPv4 socket: address, port, backlog, and that a client can connect. */
#include <netinet/tcp.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct endpoint at, now = { .len = sizeof(now.addr) };
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int fd;

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd = tcp_listen(&at, 37);
	must(fcntl(fd, F_SETFD, FD_CLOEXEC));
	test_daemon();
	test_waitsig();
	must(getsockname(fd, (struct sockaddr *)&now.addr, &now.len));
	check(now.len == at.len && !memcmp(&now.addr, &at.addr, at.len), "the address changed");
	/* Of a listening socket the kernel tells the backlog in this field (tcp_get_info). */
	must(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	check(info.tcpi_sacked == 37, "the backlog is now %u", info.tcpi_sacked);
	tcp_check(fd, &at);
	tcp_check(fd, &at);
	pass();
}
