/* SPDX-License-Identifier: Apache-2.0 */
/* obst_socket_filter.c - obstacle: a listening socket with a packet filter. */
/* zdtm: obstacle=fd.socket-filter */
#include <linux/filter.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0xffffffff) };
	struct sock_fprog filter = { .len = 1, .filter = code };
	socklen_t len = 0;
	struct endpoint at;
	int fd;

	test_init(argc, argv);
	at = loopback(AF_INET);
	fd = tcp_listen(&at, 5);
	need(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)), "no packet filters");
	test_daemon();
	test_waitsig();
	/* SO_GET_FILTER: its length in instructions. */
	must(getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &len));
	check(len == 1, "the filter is lost");
	tcp_check(fd, &at);
	pass();
}
