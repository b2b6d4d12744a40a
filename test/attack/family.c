/* SPDX-License-Identifier: Apache-2.0 */
/* family.c - a small tree that does a bit of everything, and says at its end whether all was as it should be.
 *
 * family FILE SAID [FIFO]: FILE is there to be read; after SIGTERM, SAID gets "OK" or what was wrong. With a FIFO
 * to use, the tree is a larger one (clan.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "family.h"

#define MEMORY (1u << 20)
#define COMMON (3u << 20)	/* more, so that children are made with it */
#define MARKS 64u		/* pages of it, of which the first is each process's own */
#define LONG_S 100000
#define VALUE 4711
#define ZOMBIE 3

static const char *said;
static int wake[2];		/* the handler writes, the first task reads */
static int event;		/* wakes the task in epoll_wait */
static uint32_t word;		/* wakes the task in futex */
static atomic_bool ending, up;
static uint8_t *memory, *common;

void wrong(const char *format, ...)
{
	char text[256];
	va_list ap;
	int fd;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fd = open(said, O_WRONLY | O_APPEND);
	dprintf(fd, "%d: %s\n", getpid(), text);
	close(fd);
}

static void on_term(int sig)
{
	(void)sig;
	write(wake[1], "", 1);
}

static void on_nudge(int sig)
{
	(void)sig;
}

static void *sleeper(void *unused)
{
	struct timespec left = { .tv_sec = LONG_S };
	int r;

	up = true;
	r = nanosleep(&left, &left);
	if (r == 0 || errno != EINTR || !ending)
		wrong("nanosleep is over, %s: %d: %s", ending ? "at the end" : "too early", r, r ? strerror(errno) : "");
	if (left.tv_sec < LONG_S / 2 || left.tv_sec > LONG_S)
		wrong("nanosleep has %ld s left", left.tv_sec);
	return unused;
}

static void *poller(void *unused)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = VALUE };
	int epoll = epoll_create1(EPOLL_CLOEXEC), n;

	epoll_ctl(epoll, EPOLL_CTL_ADD, event, &e);
	n = epoll_wait(epoll, &e, 1, -1);
	if (n != 1 || e.data.u64 != VALUE || !ending)
		wrong("epoll_wait: %d: %s", n, strerror(errno));
	return unused;
}

static void *waiter(void *unused)
{
	struct timespec left = { .tv_sec = LONG_S };

	if (syscall(SYS_futex, &word, FUTEX_WAIT, 0, &left, NULL, 0) < 0)
		wrong("futex: %s", strerror(errno));
	if (!ending)
		wrong("futex is over");
	return unused;
}

/* What all have, by copy-on-write; with room around it, so that it stays the same mapping in all. */
static void fill_common(void)
{
	uint8_t *room = mmap(NULL, COMMON + 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	common = mmap(room + 4096, COMMON, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (size_t i = 0; i < COMMON; i++)
		common[i] = (uint8_t)(i * 5 + i / 4096);
}

static bool is_mark(size_t i)
{
	return i % (MARKS * 4096) == 0;
}

static void check_common(void)
{
	for (size_t i = 0; i < COMMON; i++)
		if (common[i] != (uint8_t)(is_mark(i) ? (size_t)getpid() : i * 5 + i / 4096)) {
			wrong("byte %zu of the common memory is %u", i, common[i]);
			return;
		}
}

void fill(void)
{
	for (size_t i = 0; i < COMMON; i += MARKS * 4096)
		common[i] = (uint8_t)getpid();
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < MEMORY; i++)
		memory[i] = (uint8_t)(i * 7 + i / 4096 + (size_t)getpid());
}

void check_memory(void)
{
	check_common();
	for (size_t i = 0; i < MEMORY; i++)
		if (memory[i] != (uint8_t)(i * 7 + i / 4096 + (size_t)getpid())) {
			wrong("byte %zu of the memory is %u", i, memory[i]);
			return;
		}
}

static void check_signals(uint64_t want)
{
	const struct timespec now = { 0 };
	uint64_t mask = 0;
	siginfo_t info;
	sigset_t set;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	if (mask != want)
		wrong("the signal mask is %#lx, not %#lx", mask, want);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (want && (sigtimedwait(&set, &info, &now) != SIGUSR1 || info.si_value.sival_int != VALUE))
		wrong("the pending signal is not there");
	if (sigpending(&set) == 0 && !sigisemptyset(&set))
		wrong("a signal is pending that nobody sent");
}

/* It may have been stopped before it fell asleep. */
static void wake_sleeper(pthread_t thread)
{
	ending = true;
	do {
		pthread_kill(thread, SIGUSR2);
		usleep(1000);
	} while (pthread_tryjoin_np(thread, NULL));
}

/* Reads a byte and gives one back; one of its threads only sleeps. */
static void answer(int in, int out, bool stop)
{
	pthread_t thread;
	char c;

	fill();
	pthread_create(&thread, NULL, sleeper, NULL);
	while (!up)
		sched_yield();
	write(out, "r", 1);
	if (stop)
		raise(SIGSTOP);
	if (read(in, &c, 1) != 1 || c != 'q')
		wrong("pipe: %s", strerror(errno));
	check_memory();
	check_signals(0);
	wake_sleeper(thread);
	write(out, "a", 1);
	_exit(0);
}

struct child { pid_t pid; int to, from; };

static struct child start(bool stop)
{
	int to[2], from[2];
	pid_t pid;
	char c;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		_exit(2);
	pid = fork();
	if (pid == 0)
		answer(to[0], from[1], stop);
	close(to[0]);
	close(from[1]);
	read(from[0], &c, 1);
	if (stop)
		waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WSTOPPED);
	return (struct child){ pid, to[1], from[0] };
}

static void end(struct child c)
{
	int status;
	char a;

	kill(c.pid, SIGCONT);
	write(c.to, "q", 1);
	if (read(c.from, &a, 1) != 1 || a != 'a')
		wrong("child %d does not answer", c.pid);
	if (waitpid(c.pid, &status, 0) != c.pid || status)
		wrong("child %d ends with %#x", c.pid, status);
}

static void check_file(int fd)
{
	char text[4] = "";

	if (lseek(fd, 0, SEEK_CUR) != 2 || read(fd, text, 3) != 3 || strcmp(text, "cde"))
		wrong("the file is at another place, or another one: %s", text);
}

static void set_signals(void)
{
	struct sigaction term = { .sa_handler = on_term, .sa_flags = SA_RESTART }, nudge = { .sa_handler = on_nudge };

	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGUSR2, &nudge, NULL);
}

int main(int argc, char **argv)
{
	int file = argc >= 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, status;
	void *(*const tasks[])(void *) = { sleeper, poller, waiter };
	struct child child, stopped;
	pthread_t threads[3];
	sigset_t usr1, term;
	pid_t zombie;
	char c;

	if (file < 0 || pipe2(wake, O_CLOEXEC) || lseek(file, 2, SEEK_SET) != 2)
		return 2;
	said = argv[2];
	set_signals();
	fill_common();
	if (argc == 4)
		clan_start(argv[3]);
	child = start(false);
	stopped = start(true);
	zombie = fork();
	if (zombie == 0)
		_exit(ZOMBIE);
	waitid(P_PID, (id_t)zombie, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	event = eventfd(0, EFD_CLOEXEC);
	fill();
	/* Just after a restore the first task may have a stop behind it that it has not noticed
	 * yet. Then SIGTERM would be another's, if it could. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, tasks[i], NULL);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	pthread_sigqueue(pthread_self(), SIGUSR1, (union sigval){ .sival_int = VALUE });

	if (read(wake[0], &c, 1) != 1)
		wrong("the pipe of the first task: %s", strerror(errno));
	check_memory();
	check_file(file);
	check_signals(1ull << (SIGUSR1 - 1));
	end(child);
	end(stopped);
	if (argc == 4)
		clan_end();
	if (waitpid(zombie, &status, WNOHANG) != zombie || WEXITSTATUS(status) != ZOMBIE)
		wrong("the zombie is another");
	wake_sleeper(threads[0]);
	eventfd_write(event, 1);
	word = 1;
	syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
	for (int i = 1; i < 3; i++)
		pthread_join(threads[i], NULL);
	status = open(said, O_WRONLY | O_APPEND);
	dprintf(status, "OK\n");
	return 0;
}
