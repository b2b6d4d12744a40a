/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tcp_keys.c - obstacle: a listening socket with a key for one peer (TCP_MD5SIG). */
/* zdtm: obstacle=fd.tcp-keys */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct tcp_md5sig key = { .tcpm_keylen = 6, .tcpm_key = "secret" };
	struct sockaddr_in *peer = (struct sockaddr_in *)&key.tcpm_addr;
	struct endpoint at;
	int fd;

	test_init(argc, argv);
	peer->sin_family = AF_INET;
	peer->sin_addr.s_addr = inet_addr("192.0.2.1");
	at = loopback(AF_INET);
	fd = tcp_listen(&at, 5);
	need(setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)), "no TCP_MD5SIG");
	test_daemon();
	test_waitsig();
	/* Without a length it deletes the key, which must be there. */
	key.tcpm_keylen = 0;
	must(setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)));
	tcp_check(fd, &at);
	pass();
}
