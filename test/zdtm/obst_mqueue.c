/* SPDX-License-Identifier: Apache-2.0 */
/* obst_mqueue.c - obstacle: a POSIX message queue with a message. */
/* zdtm: obstacle=fd.mqueue */
#include <mqueue.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = 64 };
	char buf[64];
	long fd;

	test_init(argc, argv);
	fd = need(mq_open("/ckpt-zdtm-test", O_RDWR | O_CREAT, 0600, &attr), "no message queue");
	must(mq_send(fd, "message", 7, 3));
	test_daemon();
	test_waitsig();
	check(must(mq_receive(fd, buf, sizeof(buf), NULL)) == 7 && !memcmp(buf, "message", 7), "the message changed");
	must(mq_unlink("/ckpt-zdtm-test"));
	pass();
}
