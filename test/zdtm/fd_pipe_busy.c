/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_busy.c - a stream of numbers through a chain of three processes loses and repeats nothing. */
#include <signal.h>
#include "files.h"

enum { BLOCK = 512 };	/* numbers per write */

static void produce(int out)
{
	uint64_t block[BLOCK];
	ssize_t n;

	for (uint64_t next = 0;; next += BLOCK) {
		for (size_t i = 0; i < BLOCK; i++)
			block[i] = next + i;
		for (size_t done = 0; done < sizeof(block); done += n) {
			n = write(out, (char *)block + done, sizeof(block) - done);
			if (n < 0 && errno == EPIPE)
				_exit(0);
			must(n);
		}
	}
}

static void pass_on(int in, int out)
{
	char buf[3333];
	ssize_t n, m;

	while ((n = must(read(in, buf, sizeof(buf)))) > 0)
		for (ssize_t done = 0; done < n; done += m) {
			m = write(out, buf + done, n - done);
			if (m < 0 && errno == EPIPE)
				_exit(0);
			must(m);
		}
	fail("the producer is gone");
}

/* Until SIGTERM, which may interrupt a read. */
static void consume(int in)
{
	uint64_t value = 0, next = 1;
	size_t have = 0;
	ssize_t n;

	while (test_go()) {
		n = read(in, (char *)&value + have, sizeof(value) - have);
		if (n < 0 && errno == EINTR && !test_go())
			break;
		check(must(n) > 0, "the stream ends");
		have += n;
		if (have < sizeof(value))
			continue;
		check(value == next, "number %llu came after %llu", (unsigned long long)value,
		      (unsigned long long)next - 1);
		next++;
		have = 0;
	}
}

int main(int argc, char **argv)
{
	int first[2], second[2];
	pid_t producer, middle;

	test_init(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	must(pipe(first));
	must(pipe(second));
	producer = test_fork();
	if (!producer) {
		must(close(first[0]) | close(second[0]) | close(second[1]));
		produce(first[1]);
	}
	middle = test_fork();
	if (!middle) {
		must(close(first[1]) | close(second[0]));
		pass_on(first[0], second[1]);
	}
	must(close(first[0]) | close(first[1]) | close(second[1]));
	/* The first number shows that the others are at work. */
	bytes_expect(second[0], &(uint64_t){ 0 }, sizeof(uint64_t));
	test_daemon();
	consume(second[0]);
	must(close(second[0]));
	test_reap(middle, 0);
	test_reap(producer, 0);
	pass();
}
