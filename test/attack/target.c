/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - a tree of tasks that verify themselves, each in its own way, whenever they are poked.
 *
 * target FILE: FILE becomes a table of struct slot, one per task. Who writes 1 into go finds it 0 and
 * done one higher when the task has found itself in order; else message says what was wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "slot.h"
#include "spin.h"

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XTILEDATA 18
#define NAP_NS 2000000
#define LONG_S 100000
#define ARRAY 20000
#define SMALL_STACK 2048

static struct slot *slots;	/* ends with one that has no name */
static int ends[32];		/* by slot: where to write to wake it */

static void fill(void *buf, size_t len, uint64_t seed)
{
	uint8_t *p = buf;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		p[i] = (uint8_t)(seed >> 56);
	}
}

/* Alike for all: the mask is what it was; then the poke is answered. */
static void answer(struct slot *s, uint64_t mask)
{
	uint64_t now = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8);
	if (now != mask)
		wrong(s, "the signal mask is %#lx, not %#lx", now, mask);
	__atomic_store_n(&s->go, 0, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&s->done, 1, __ATOMIC_SEQ_CST);
}

static bool poked(const struct slot *s)
{
	return __atomic_load_n(&s->go, __ATOMIC_SEQ_CST);
}

static void avx_round(struct slot *s)
{
	static _Thread_local struct avx_block b;

	fill(&b, sizeof(b.in), s->done + s->tid);
	fill(b.gpr_in, sizeof(b.gpr_in), s->done + s->tid + 1);
	b.go = &s->go;
	spin_avx(&b);
	for (int i = 0; i < YMMS; i++)
		if (memcmp(b.in[i], b.out[i], YMM))
			wrong(s, "ymm%d changed", i);
	for (int i = 0; i < GPRS; i++)
		if (b.gpr_in[i] != b.gpr_out[i])
			wrong(s, "general register %d is %#lx, not %#lx", i, b.gpr_out[i], b.gpr_in[i]);
	if ((b.flags_out & AVX_FLAGS) != AVX_FLAGS)
		wrong(s, "the flags are %#lx", b.flags_out);
}

static void amx_round(struct slot *s)
{
	static struct amx_block b = { .config_in = { .palette = 1 } };

	for (int i = 0; i < TILES; i++) {
		b.config_in.bytes[i] = 64;
		b.config_in.rows[i] = 16;
	}
	fill(b.in, sizeof(b.in), s->done + s->tid);
	b.go = &s->go;
	spin_amx(&b);
	if (memcmp(&b.config_in, &b.config_out, sizeof(b.config_in)))
		wrong(s, "the tile configuration changed");
	for (int i = 0; i < TILES; i++)
		if (memcmp(b.in[i], b.out[i], TILE))
			wrong(s, "tile %d changed", i);
}

static long futex(uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

/* Until poked; a wake-up without a poke is allowed, a failure is not. */
static void futex_wait(struct slot *s, const struct timespec *timeout)
{
	while (!poked(s)) {
		uint32_t was = __atomic_load_n(&s->word, __ATOMIC_SEQ_CST);

		if (!poked(s) && futex(&s->word, FUTEX_WAIT, was, timeout) < 0 && errno != EAGAIN)
			wrong(s, "futex: %s", strerror(errno));
	}
}

static void futex_round(struct slot *s)
{
	futex_wait(s, NULL);
}

static void futex_timed_round(struct slot *s)
{
	futex_wait(s, &(struct timespec){ .tv_sec = LONG_S });
}

static void futex_coroutine(unsigned low, unsigned high)
{
	futex_wait((struct slot *)((uint64_t)high << 32 | low), NULL);
}

/* On a small stack among the variables of a function, as of a coroutine: soon
 * below it comes what is in use. */
static void coroutine_round(struct slot *s)
{
	struct { uint8_t used[ARRAY], stack[SMALL_STACK]; } here;
	static uint8_t want[ARRAY];
	ucontext_t back, there;

	fill(want, sizeof(want), s->done);
	memcpy(here.used, want, sizeof(want));
	errno = 0;	/* found by the loader now, since that takes more than the small stack has */
	getcontext(&there);
	there.uc_stack = (stack_t){ .ss_sp = here.stack, .ss_size = sizeof(here.stack) };
	there.uc_link = &back;
	makecontext(&there, (void (*)(void))futex_coroutine, 2, (unsigned)(uintptr_t)s, (unsigned)((uintptr_t)s >> 32));
	swapcontext(&back, &there);
	for (size_t i = sizeof(want); i > 0; i--)
		if (here.used[i - 1] != want[i - 1])
			wrong(s, "memory changed %zu bytes below its stack", sizeof(want) - i + 1);
}

static void pipe_round(struct slot *s)
{
	char c;
	ssize_t n = read(ends[s - slots] - 1, &c, 1);

	if (n != 1 || c != (char)s->done)
		wrong(s, "pipe: %zd, %s", n, n < 0 ? strerror(errno) : "another byte");
}

/* That a mere stop makes epoll_wait(2) say EINTR can be undone by a tracer that lives on only. */
static void epoll_round(struct slot *s)
{
	static _Thread_local int epoll;
	struct epoll_event e = { .events = EPOLLIN };
	uint64_t value;

	if (!epoll) {
		epoll = epoll_create1(0);
		epoll_ctl(epoll, EPOLL_CTL_ADD, ends[s - slots], &e);
	}
	while (epoll_wait(epoll, &e, 1, -1) != 1) {
		if (errno != EINTR)
			wrong(s, "epoll_wait: %s", strerror(errno));
		s->eintr++;
	}
	if (read(ends[s - slots], &value, sizeof(value)) != sizeof(value) || value != 1)
		wrong(s, "eventfd: another value");
}

static struct slot *signalled;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	if (info->si_value.sival_int != (int)signalled->word)
		wrong(signalled, "signal %d comes as number %u", info->si_value.sival_int, signalled->word);
	signalled->word++;
}

static void signal_round(struct slot *s)
{
	static const uint64_t none;

	while (s->word == s->done)
		if (syscall(SYS_rt_sigsuspend, &none, 8) != -1 || errno != EINTR)
			wrong(s, "sigsuspend: %s", strerror(errno));
}

static void nap(struct slot *s)
{
	struct timespec before, after, len = { .tv_nsec = NAP_NS };
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &before);
	if (nanosleep(&len, NULL) < 0)
		wrong(s, "nanosleep: %s", strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &after);
	ns = (after.tv_sec - before.tv_sec) * 1000000000ll + after.tv_nsec - before.tv_nsec;
	if (ns < NAP_NS)
		wrong(s, "nanosleep: over after %ld ns", ns);
}

enum wake { WAKE_NOT, WAKE_FUTEX, WAKE_PIPE, WAKE_EVENT, WAKE_SIGNAL };

static const struct kind {
	const char *name;
	void (*round)(struct slot *s);
	enum wake wake;
	bool thread;		/* of the process of the row before */
} kinds[] = {
	{ "root", NULL, WAKE_NOT, false },
	{ "avx", avx_round, WAKE_NOT, false },
	{ "amx", amx_round, WAKE_NOT, false },
	{ "futex-timed", futex_timed_round, WAKE_FUTEX, false },
	{ "coroutine", coroutine_round, WAKE_FUTEX, false },
	{ "pipe", pipe_round, WAKE_PIPE, false },
	{ "epoll", epoll_round, WAKE_EVENT, false },
	{ "signal", signal_round, WAKE_SIGNAL, false },
	{ "futex", futex_round, WAKE_FUTEX, false },
	{ "futex thread", futex_round, WAKE_FUTEX, true },
	{ "futex-timed thread", futex_timed_round, WAKE_FUTEX, true },
	{ "pipe thread", pipe_round, WAKE_PIPE, true },
	{ "epoll thread", epoll_round, WAKE_EVENT, true },
	{ "avx thread", avx_round, WAKE_NOT, true },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void wake(size_t i)
{
	struct slot *s = &slots[i];
	char c = (char)s->done;

	switch (kinds[i].wake) {
	case WAKE_FUTEX:
		__atomic_add_fetch(&s->word, 1, __ATOMIC_SEQ_CST);
		futex(&s->word, FUTEX_WAKE, 1, NULL);
		break;
	case WAKE_PIPE:
		if (write(ends[i], &c, 1) != 1)
			wrong(s, "cannot wake it: %s", strerror(errno));
		break;
	case WAKE_EVENT:
		if (eventfd_write(ends[i], 1) < 0)
			wrong(s, "cannot wake it: %s", strerror(errno));
		break;
	case WAKE_SIGNAL:
		if (sigqueue((pid_t)s->tid, SIGRTMIN, (union sigval){ .sival_int = (int)s->done }) < 0)
			wrong(s, "cannot wake it: %s", strerror(errno));
		break;
	default:
		break;
	}
}

static uint64_t block_some(const struct kind *k)
{
	uint64_t mask = k->wake == WAKE_SIGNAL ? 1ull << (SIGRTMIN - 1) | 1ull << (SIGHUP - 1) : 1ull << (SIGHUP - 1);

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
	return mask;
}

static _Noreturn void *run(void *slot)
{
	struct slot *s = slot;
	const struct kind *k = &kinds[s - slots];
	uint64_t mask = block_some(k);

	__atomic_store_n(&s->tid, (uint32_t)gettid(), __ATOMIC_SEQ_CST);
	for (;;) {
		k->round(s);
		answer(s, mask);
	}
}

static void run_process(size_t i)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	struct slot *s = &slots[i];

	if (kinds[i].round == amx_round && syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) < 0) {
		strcpy(s->name, "-");
		exit(0);
	}
	if (kinds[i].wake == WAKE_SIGNAL) {
		signalled = s;
		sigaction(SIGRTMIN, &sa, NULL);
	}
	for (size_t j = i + 1; j < KINDS && kinds[j].thread; j++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run, &slots[j]))
			wrong(&slots[j], "cannot make the thread");
	}
	run(s);
}

static void make_ends(size_t i)
{
	int fd[2];

	if (kinds[i].wake == WAKE_EVENT)
		ends[i] = eventfd(0, 0);
	if (kinds[i].wake != WAKE_PIPE)
		return;
	/* The reader finds its end right below the writer's. */
	if (pipe(fd) < 0 || fd[1] != fd[0] + 1)
		wrong(&slots[i], "pipe: unexpected descriptors");
	ends[i] = fd[1];
}

static bool is_absent(size_t i)
{
	return slots[i].name[0] == '-';
}

static void root_round(void)
{
	uint32_t before[KINDS];
	int status;

	for (size_t i = 1; i < KINDS; i++)
		before[i] = slots[i].done;
	for (size_t i = 1; i < KINDS; i++) {
		if (is_absent(i))
			continue;
		__atomic_store_n(&slots[i].go, 1, __ATOMIC_SEQ_CST);
		wake(i);
	}
	for (size_t i = 1; i < KINDS; i++)
		while (!is_absent(i) && __atomic_load_n(&slots[i].done, __ATOMIC_SEQ_CST) == before[i]) {
			nap(&slots[0]);
			if (waitpid(-1, &status, WNOHANG) > 0)
				wrong(&slots[0], "a child died: %#x", status);
		}
}

int main(int argc, char **argv)
{
	size_t len = (KINDS + 1) * sizeof(struct slot);
	uint64_t mask = block_some(&kinds[0]);
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;

	if (fd < 0 || ftruncate(fd, (off_t)len) < 0)
		return 1;
	slots = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slots == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < KINDS; i++) {
		strncpy(slots[i].name, kinds[i].name, sizeof(slots[i].name) - 1);
		make_ends(i);
	}
	for (size_t i = 1; i < KINDS; i++)
		if (!kinds[i].thread && fork() == 0)
			run_process(i);
	for (size_t i = 1; i < KINDS; i++)
		while (!is_absent(i) && !__atomic_load_n(&slots[i].tid, __ATOMIC_SEQ_CST))
			usleep(1000);
	while (waitpid(-1, NULL, WNOHANG) > 0)	/* one that lacks its CPU */
		;
	slots[0].tid = (uint32_t)gettid();
	for (;;) {
		if (poked(&slots[0])) {
			root_round();
			answer(&slots[0], mask);
		}
		nap(&slots[0]);
	}
}
