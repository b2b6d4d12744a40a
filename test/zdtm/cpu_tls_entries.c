/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_tls_entries.c - the three TLS descriptors of each thread (set_thread_area), one of them loaded in gs. */
#include <asm/ldt.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "zdtm.h"

enum { NR_SET_THREAD_AREA = 243, NR_GET_THREAD_AREA = 244 };	/* i386 has these calls, x86-64 has not */
enum { TASKS = 2, ENTRIES = 3 };

struct task {
	struct user_desc set[ENTRIES], get;
	uint64_t area[ENTRIES];
	pid_t tid;
};

static struct task *tasks;	/* below 4 GiB */
static uint32_t done;

static int call32(int nr, struct user_desc *desc)
{
	int ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(desc) : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void probe(void)
{
	struct user_desc *desc = &tasks[0].get;
	pid_t child = test_fork();
	int status;

	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		*desc = (struct user_desc){ .entry_number = -1, .limit = 1, .seg_32bit = 1, .useable = 1 };
		_exit(call32(NR_SET_THREAD_AREA, desc) != 0);
	}
	must(waitpid(child, &status, 0));
	if (status)
		skip("no set_thread_area by int $0x80");
}

static void setup(struct task *t, uint64_t seed)
{
	uint16_t selector;

	for (int i = 0; i < ENTRIES; i++) {
		t->area[i] = seed * 16 + i;
		t->set[i] = (struct user_desc){ .entry_number = -1, .base_addr = (uintptr_t)&t->area[i],
			.limit = 4095 + i, .seg_32bit = 1, .limit_in_pages = i == 2,
			.read_exec_only = i == 1, .useable = 1 };
		check(!call32(NR_SET_THREAD_AREA, &t->set[i]), "set_thread_area fails for entry %d", i);
	}
	selector = t->set[seed % ENTRIES].entry_number << 3 | 3;
	asm volatile("mov %0, %%gs" : : "r"(selector));
}

static void verify(struct task *t, uint64_t seed)
{
	uint64_t value;
	uint16_t selector;

	asm volatile("mov %%gs, %0" : "=r"(selector));
	check(selector == (t->set[seed % ENTRIES].entry_number << 3 | 3), "gs is %#x", selector);
	asm volatile("mov %%gs:0, %0" : "=r"(value));
	check(value == t->area[seed % ENTRIES], "%%gs:0 is %#lx", value);
	for (int i = 0; i < ENTRIES; i++) {
		t->get = (struct user_desc){ .entry_number = t->set[i].entry_number };
		check(!call32(NR_GET_THREAD_AREA, &t->get), "get_thread_area fails for entry %d", i);
		check(!memcmp(&t->get, &t->set[i], sizeof(t->get)), "task %lu: entry %d changed", seed, i);
		asm volatile("mov %0, %%gs" : : "r"((uint16_t)(t->set[i].entry_number << 3 | 3)));
		asm volatile("mov %%gs:0, %0" : "=r"(value));
		check(value == t->area[i], "task %lu: entry %d has another base", seed, i);
	}
}

static void *run(void *arg)
{
	struct task *t = arg;

	for (int i = 0; i < ENTRIES; i++) {	/* those inherited from the main thread */
		struct user_desc clear = { .entry_number = tasks[0].set[i].entry_number,
			.read_exec_only = 1, .seg_not_present = 1 };

		t->get = clear;
		check(!call32(NR_SET_THREAD_AREA, &t->get), "cannot clear entry %d", i);
	}
	setup(t, 1);
	__atomic_store_n(&t->tid, gettid(), __ATOMIC_RELEASE);
	event_wait(&done);
	verify(t, 1);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	tasks = must(mmap(NULL, TASKS * sizeof(*tasks), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
	probe();
	setup(&tasks[0], 0);
	thread = test_thread(run, &tasks[1]);
	while (!__atomic_load_n(&tasks[1].tid, __ATOMIC_ACQUIRE))
		;
	wait_syscall(tasks[1].tid, SYS_futex);
	test_daemon();
	test_waitsig();
	verify(&tasks[0], 0);
	event_set(&done);
	test_join(thread);
	pass();
}
