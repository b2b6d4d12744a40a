/* SPDX-License-Identifier: Apache-2.0 */
/* obst_udp.c - obstacle: a UDP socket with a datagram in its queue. */
/* zdtm: obstacle=fd.udp */
#include "obst.h"

int main(int argc, char **argv)
{
	struct endpoint at;
	char buf[16];
	int fd;

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(bind(fd, (struct sockaddr *)&at.addr, at.len));
	must(getsockname(fd, (struct sockaddr *)&at.addr, &at.len));
	must(sendto(fd, "datagram", 8, 0, (struct sockaddr *)&at.addr, at.len));
	test_daemon();
	test_waitsig();
	check(must(recv(fd, buf, sizeof(buf), 0)) == 8 && !memcmp(buf, "datagram", 8), "the datagram changed");
	pass();
}
