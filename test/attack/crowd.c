/* SPDX-License-Identifier: Apache-2.0 */
/* crowd.c - trees of other sorts than target.c's, that verify themselves as those do.
 *
 * crowd FILE SORT: threads, faults, rain (of signals), bell (one signal), job (stopped), filter (seccomp), nested (pid namespace).
 * FILE becomes a table of struct slot, as target.c has it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "slot.h"

#define SLOTS 65		/* the first thread, 63 more, and an end without a name */
#define WORDS 8192
#define RT SIGRTMIN

/* In slot.h; here word: how many signals came; eintr: how many were sent. */
static struct slot *slots;
static uint32_t *usr1;		/* sent, seen */
static int ask[2], reply[2];	/* pipes to and from the child */

static uint32_t get(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void set(uint32_t *p, uint32_t value)
{
	__atomic_store_n(p, value, __ATOMIC_SEQ_CST);
}

static void check_mask(struct slot *s, uint64_t mask)
{
	uint64_t now = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8);
	if (now != mask)
		wrong(s, "the signal mask is %#lx, not %#lx", now, mask);
}

static void answer(struct slot *s)
{
	check_mask(s, 0);
	set(&s->go, 0);
	__atomic_add_fetch(&s->done, 1, __ATOMIC_SEQ_CST);
}

static void nap(long ns)
{
	if (nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL) < 0 && errno != EINTR)
		wrong(&slots[0], "nanosleep: %s", strerror(errno));
}

/* Counts in memory; what it has counted must add up. */
static _Noreturn void *count(void *slot)
{
	uint64_t *words = calloc(WORDS, sizeof(*words)), total = 0;
	struct slot *s = slot;

	set(&s->tid, (uint32_t)gettid());
	for (;;) {
		uint64_t sum = 0;

		for (uint32_t i = 0; i < 64; i++, total++)
			words[total * 2654435761u % WORDS]++;
		if (get(&s->go)) {
			for (size_t i = 0; i < WORDS; i++)
				sum += words[i];
			if (sum != total)
				wrong(s, "counted to %lu, and remembers %lu", total, sum);
			answer(s);
		}
		nap(10000000);	/* 64 of them are on two CPUs */
	}
}

static void poke_threads(void)
{
	uint32_t before[SLOTS];

	for (size_t i = 1; slots[i].name[0]; i++) {
		before[i] = get(&slots[i].done);
		set(&slots[i].go, 1);
	}
	for (size_t i = 1; slots[i].name[0]; i++)
		while (get(&slots[i].done) == before[i])
			nap(1000000);
}

static void make_threads(void)
{
	for (size_t i = 1; i < SLOTS - 1; i++) {
		pthread_t thread;

		snprintf(slots[i].name, sizeof(slots[i].name), "thread %zu", i);
		if (pthread_create(&thread, NULL, count, &slots[i]))
			wrong(&slots[i], "cannot make the thread");
	}
}

/* One instruction that faults, and the one behind it. */
__attribute__((noinline, noclone)) static void fault(const char *page)
{
	__asm__ volatile(".globl crowd_fault, crowd_go_on\n"
			 "crowd_fault:\n\tmovb (%0), %%al\n"
			 "crowd_go_on:\n" : : "r"(page) : "rax", "memory");
}
extern const char crowd_fault[], crowd_go_on[];

static __thread struct slot *faulting;

/* As in programs whose faults mean something: where it was decides what to do. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	if (*rip != (greg_t)crowd_fault)
		wrong(faulting, "a fault of %p at %#llx, not %p", info->si_addr, *rip, (const void *)crowd_fault);
	set(&faulting->word, faulting->word + 1);
	*rip = (greg_t)crowd_go_on;
}

static _Noreturn void *fault_on(void *slot)
{
	const char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	faulting = slot;
	set(&faulting->tid, (uint32_t)gettid());
	for (uint32_t total = 0;;) {
		for (int i = 0; i < 1000; i++, total++)
			fault(page);
		if (faulting->word != total)
			wrong(faulting, "%u faults, and %u were told", total, faulting->word);
		if (get(&faulting->go))
			answer(faulting);
	}
}

static void make_faults(void)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	for (size_t i = 1; i <= 2; i++) {
		pthread_t thread;

		snprintf(slots[i].name, sizeof(slots[i].name), "faulter %zu", i);
		if (pthread_create(&thread, NULL, fault_on, &slots[i]))
			wrong(&slots[i], "cannot make the thread");
	}
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	struct slot *s = &slots[0];

	(void)context;
	if (sig == SIGUSR1) {
		set(&usr1[1], usr1[1] + 1);
		return;
	}
	if (info->si_value.sival_int != (int)s->word)
		wrong(s, "signal %d comes as number %u", info->si_value.sival_int, s->word);
	set(&s->word, s->word + 1);
}

/* Outside the tree, so that it rains on stopped tasks too. SIGUSR1 has no
 * queue: the next comes when the last was seen. */
static _Noreturn void rain(pid_t to)
{
	set(&slots[1].tid, (uint32_t)getpid());
	while (kill(to, 0) == 0) {
		union sigval number = { .sival_int = (int)slots[0].eintr };

		if (usr1[0] == get(&usr1[1])) {
			usr1[0]++;
			kill(to, SIGUSR1);
		}
		if (sigqueue(to, RT, number) == 0)
			set(&slots[0].eintr, slots[0].eintr + 1);
		else if (errno != EAGAIN)
			break;
		nap(300000);
	}
	_exit(0);
}

static void make_rain(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK };
	stack_t stack = { .ss_sp = malloc(65536), .ss_size = 65536 };
	pid_t root = getpid(), pid;

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(RT, &sa, NULL);
	strcpy(slots[1].name, "cloud");
	pid = fork();
	if (pid == 0) {
		if (fork() == 0 && setsid() > 0)
			rain(root);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* All that was sent until now has come, or is on its way. */
static void poke_rain(void)
{
	uint32_t sent = get(&slots[0].eintr), seen = get(&usr1[1]);

	while ((int32_t)(get(&slots[0].word) - sent) < 0 || get(&usr1[1]) == seen)
		nap(1000000);
}

static void on_bell(int sig)
{
	(void)sig;
	set(&slots[0].word, slots[0].word + 1);
}

static void make_bell(void)
{
	sigaction(SIGUSR2, &(struct sigaction){ .sa_handler = on_bell, .sa_flags = SA_RESTART }, NULL);
}

static void poke_bell(void)
{
}

/* The signals of the first task; and its system call, restarted. */
static void forbid_most(void)
{
	static const int allowed[] = { SYS_read, SYS_write, SYS_rt_sigprocmask, SYS_restart_syscall, SYS_exit_group };
	struct sock_filter code[2 * sizeof(allowed) / sizeof(allowed[0]) + 2];
	struct sock_fprog program = { .filter = code };
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	program.len = n;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		wrong(&slots[1], "cannot set the filter: %s", strerror(errno));
}

/* Sends back each byte that comes; its memory stays what it was. */
static _Noreturn void echo(bool stops)
{
	struct slot *s = &slots[1];
	static uint64_t words[WORDS];
	uint64_t sum = 0;
	char c;

	for (uint64_t i = 0; i < WORDS; i++)
		words[i] = i * i;
	for (;;) {
		if (stops)
			raise(SIGSTOP);
		if (read(ask[0], &c, 1) != 1)
			wrong(s, "read: %s", strerror(errno));
		for (uint64_t i = sum = 0; i < WORDS; i++)
			sum += words[i] != i * i;
		if (sum)
			wrong(s, "%lu words of memory changed", sum);
		answer(s);
		if (write(reply[1], &c, 1) != 1)
			wrong(s, "write: %s", strerror(errno));
	}
}

static void make_child(const char *sort)
{
	pid_t pid;

	if (pipe(ask) < 0 || pipe(reply) < 0)
		exit(1);
	strcpy(slots[1].name, sort);
	if (!strcmp(sort, "nested") && unshare(CLONE_NEWPID) < 0) {
		strcpy(slots[1].name, "-");
		return;
	}
	pid = fork();
	if (pid == 0) {
		if (!strcmp(sort, "filter"))
			forbid_most();
		echo(!strcmp(sort, "job"));
	}
	set(&slots[1].tid, (uint32_t)pid);
	if (!strcmp(sort, "job"))
		waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WSTOPPED);
}

static char state_of(pid_t pid)
{
	char path[40], text[200] = "", *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (read(fd, text, sizeof(text) - 1) <= 0)
		wrong(&slots[1], "it is gone");
	close(fd);
	end = strrchr(text, ')');
	return end ? end[2] : 0;
}

/* It is stopped, or about to be after the death of a tracer; and nobody has
 * told its parent anything meanwhile. */
static void check_job(pid_t pid)
{
	siginfo_t info = { 0 };

	while (state_of(pid) != 'T')
		nap(1000000);
	if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WCONTINUED | WNOHANG) == 0 && info.si_pid)
		wrong(&slots[1], "its parent is told of it: code %d, status %d", info.si_code, info.si_status);
	kill(pid, SIGCONT);
	waitid(P_PID, (id_t)pid, &info, WCONTINUED);
}

static void poke_child(bool job)
{
	pid_t pid = (pid_t)slots[1].tid;
	char c = (char)slots[0].done, back;
	int status;

	if (slots[1].name[0] == '-')
		return;
	if (job)
		check_job(pid);
	if (write(ask[1], &c, 1) != 1 || read(reply[0], &back, 1) != 1 || back != c)
		wrong(&slots[1], "no answer, or another");
	if (job)
		waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WSTOPPED);
	if (waitpid(pid, &status, WNOHANG) != 0)
		wrong(&slots[0], "the child died: %#x", status);
}

static const struct sort {
	const char *name;
	void (*make)(void), (*poke)(void);	/* NULL: those of a child */
} sorts[] = {
	{ "threads", make_threads, poke_threads },
	{ "faults", make_faults, poke_threads },
	{ "rain", make_rain, poke_rain },
	{ "bell", make_bell, poke_bell },
	{ "job", NULL, NULL }, { "filter", NULL, NULL }, { "nested", NULL, NULL },
};

static const struct sort *sort_of(const char *name)
{
	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (!strcmp(sorts[i].name, name))
			return &sorts[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct sort *sort = argc == 3 ? sort_of(argv[2]) : NULL;
	size_t len = SLOTS * sizeof(struct slot) + 8;
	int fd = sort ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;

	if (fd < 0 || ftruncate(fd, SLOTS * sizeof(struct slot)) < 0)
		return 1;
	slots = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slots == MAP_FAILED)
		return 1;
	usr1 = (uint32_t *)&slots[SLOTS - 1].message;
	strcpy(slots[0].name, "root");
	sort->make ? sort->make() : make_child(sort->name);
	set(&slots[0].tid, (uint32_t)gettid());
	for (;;) {
		if (get(&slots[0].go)) {
			sort->poke ? sort->poke() : poke_child(!strcmp(sort->name, "job"));
			answer(&slots[0]);
		}
		nap(2000000);
	}
}
