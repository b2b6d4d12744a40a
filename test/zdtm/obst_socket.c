/* SPDX-License-Identifier: Apache-2.0 */
/* obst_socket.c - obstacle: a socket of a rare family. */
/* zdtm: obstacle=fd.socket */
#include <linux/if_alg.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sockaddr_alg hash = { .salg_family = AF_ALG, .salg_type = "hash", .salg_name = "sha256" };
	int domain;
	socklen_t len = sizeof(domain);
	long fd;

	test_init(argc, argv);
	fd = socket(AF_ALG, SOCK_SEQPACKET, 0);
	if (fd >= 0)
		need(bind(fd, (struct sockaddr *)&hash, sizeof(hash)), "no sha256 in the kernel");
	else
		fd = need(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "neither AF_ALG nor raw sockets");
	test_daemon();
	test_waitsig();
	must(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len));
	check(domain == AF_ALG || domain == AF_INET, "the family changed");
	pass();
}
