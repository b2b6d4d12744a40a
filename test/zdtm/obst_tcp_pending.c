/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tcp_pending.c - obstacle: a listening socket with a connection that nobody has accepted. */
/* zdtm: obstacle=fd.tcp-pending */
#include "obst.h"

int main(int argc, char **argv)
{
	struct endpoint at;
	int listener, client;

	test_init(argc, argv);
	at = loopback(AF_INET);
	listener = tcp_listen(&at, 5);
	client = tcp_connect(&at);
	bytes_write(client, "early", 5);
	test_daemon();
	test_waitsig();
	bytes_expect(must(accept(listener, NULL, NULL)), "early", 5);
	pass();
}
