/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tcp_bound.c - obstacle: a TCP socket that is bound and neither listens nor is connected. */
/* zdtm: obstacle=fd.tcp */
#include "obst.h"

int main(int argc, char **argv)
{
	struct endpoint at;
	int fd;

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(fd, (struct sockaddr *)&at.addr, at.len));
	must(getsockname(fd, (struct sockaddr *)&at.addr, &at.len));
	test_daemon();
	test_waitsig();
	must(listen(fd, 5));
	tcp_check(fd, &at);
	pass();
}
