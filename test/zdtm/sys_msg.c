/* SPDX-License-Identifier: Apache-2.0 */
/* sys_msg.c - threads blocked in msgrcv on an empty and in msgsnd to a full System V message queue. */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include "zdtm.h"

struct message { long type; char text[1024]; };

static int empty, full;

static void *receiver(void *arg)
{
	struct message m = {};
	ssize_t n = msgrcv(empty, &m, sizeof(m.text), 3, 0);

	check(n == 5, "msgrcv: %zd, %s", n, n < 0 ? strerror(errno) : "not 5");
	check(m.type == 3 && !memcmp(m.text, "hello", 5), "msgrcv gave another message");
	return arg;
}

static void *sender(void *arg)
{
	struct message m = { .type = 4, .text = "last" };

	check(!msgsnd(full, &m, sizeof(m.text), 0), "msgsnd: %s", strerror(errno));
	return arg;
}

int main(int argc, char **argv)
{
	struct message hello = { .type = 3, .text = "hello" }, other = { .type = 2, .text = "other" };
	struct message m = { .type = 1 };
	pthread_t threads[2];
	int count = 0;

	test_init(argc, argv);
	empty = must(msgget(IPC_PRIVATE, 0600));
	full = must(msgget(IPC_PRIVATE, 0600));
	while (!msgsnd(full, &m, sizeof(m.text), IPC_NOWAIT))
		count++;
	check(errno == EAGAIN, "filling the queue: %s", strerror(errno));
	threads[0] = test_thread_in(SYS_msgrcv, receiver, NULL);
	threads[1] = test_thread_in(SYS_msgsnd, sender, NULL);
	test_daemon();
	test_waitsig();
	must(msgsnd(empty, &other, 5, 0));
	must(msgsnd(empty, &hello, 5, 0));
	while (count-- > 0)
		must(msgrcv(full, &m, sizeof(m.text), 1, 0));
	test_join(threads[0]);
	test_join(threads[1]);
	must(msgrcv(full, &m, sizeof(m.text), 4, IPC_NOWAIT));
	check(!strcmp(m.text, "last"), "the blocked message is another one");
	must(msgctl(empty, IPC_RMID, NULL));
	must(msgctl(full, IPC_RMID, NULL));
	pass();
}
