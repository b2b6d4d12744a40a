/* SPDX-License-Identifier: Apache-2.0 */
/* obst_packet.c - obstacle: a packet socket. */
/* zdtm: obstacle=fd.packet */
#include <linux/if_ether.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int type;
	socklen_t len = sizeof(type);
	long fd;

	test_init(argc, argv);
	fd = need(socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)), "no packet socket");
	test_daemon();
	test_waitsig();
	must(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len));
	check(type == SOCK_DGRAM, "the type changed");
	pass();
}
