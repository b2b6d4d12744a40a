/* SPDX-License-Identifier: Apache-2.0 */
/* obst_netlink.c - obstacle: a netlink socket. */
/* zdtm: obstacle=fd.netlink */
#include <linux/netlink.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK }, now;
	socklen_t len = sizeof(addr);
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	must(bind(fd, (struct sockaddr *)&addr, len));
	must(getsockname(fd, (struct sockaddr *)&addr, &len));
	test_daemon();
	test_waitsig();
	must(getsockname(fd, (struct sockaddr *)&now, &len));
	check(now.nl_pid == addr.nl_pid, "the port changed");
	pass();
}
