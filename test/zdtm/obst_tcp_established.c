/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tcp_established.c - obstacle: a TCP connection, with data on the way in both directions. */
/* zdtm: obstacle=fd.tcp-established */
#include "obst.h"

int main(int argc, char **argv)
{
	struct endpoint at;
	int client, server;

	test_init(argc, argv);
	at = loopback(AF_INET);
	server = tcp_listen(&at, 5);
	client = tcp_connect(&at);
	server = must(accept(server, NULL, NULL));
	bytes_write(client, "question", 8);
	bytes_write(server, "answer", 6);
	test_daemon();
	test_waitsig();
	bytes_write(client, "!", 1);
	bytes_expect(server, "question!", 9);
	bytes_expect(client, "answer", 6);
	pass();
}
