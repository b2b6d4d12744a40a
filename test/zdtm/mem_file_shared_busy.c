/* SPDX-License-Identifier: Apache-2.0 */
/* mem_file_shared_busy.c - two processes that hand a counter back and forth through a shared file mapping never lose a step. */
#include <fcntl.h>
#include <sys/syscall.h>
#include "vma.h"

struct ball {
	uint32_t turn;		/* 0: parent, 1: child */
	uint32_t stop;
	uint64_t hits;
};

static void play(struct ball *ball, uint32_t me)
{
	uint64_t mine = 0;

	for (;;) {
		while (__atomic_load_n(&ball->turn, __ATOMIC_ACQUIRE) != me)
			if (futex_wait(&ball->turn, !me) == -EINTR && me)
				fail("child saw EINTR");
		if (ball->stop)
			break;
		check(ball->hits == 2 * mine + me, "step %llu found %llu hits", (unsigned long long)mine,
		      (unsigned long long)ball->hits);
		ball->hits++;
		mine++;
		if (!me && !test_go())
			ball->stop = 1;
		__atomic_store_n(&ball->turn, !me, __ATOMIC_RELEASE);
		futex_wake(&ball->turn, 1);
		if (ball->stop)
			break;
	}
}

int main(int argc, char **argv)
{
	struct ball *ball;
	pid_t child;
	int fd;

	test_init(argc, argv);
	fd = must(open(test_path("ball"), O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, PAGE));
	ball = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	must(close(fd));
	child = test_fork();
	if (!child) {
		play(ball, 1);
		_exit(0);
	}
	wait_syscall(child, SYS_futex);
	test_daemon();
	play(ball, 0);
	test_reap(child, 0);
	pass();
}
