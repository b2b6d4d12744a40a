/* SPDX-License-Identifier: Apache-2.0 */
/* sig_faults.c - threads that fault all the time, each fault at the instruction where it was. */
/* zdtm: volatile=SigPnd,SigBlk,SigQ */
#include <signal.h>
#include <ucontext.h>
#include "vma.h"

enum { THREADS = 3 };

static struct faulter { const char *page; uint32_t made, seen; } faulters[THREADS];
static __thread struct faulter *me;
static volatile greg_t elsewhere;

/* One instruction that faults, and the one behind it. */
__attribute__((noinline, noclone)) static void fault(const char *page)
{
	__asm__ volatile(".globl fault_here, fault_behind\n"
			 "fault_here:\n\tmovb (%0), %%al\n"
			 "fault_behind:\n" : : "r"(page) : "rax", "memory");
}
extern const char fault_here[], fault_behind[];

static void on_fault(int sig, siginfo_t *info, void *context)
{
	greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)sig, (void)info;
	if (*rip != (greg_t)fault_here)
		elsewhere = *rip;
	me->seen++;
	*rip = (greg_t)fault_behind;
}

static void *run(void *faulter)
{
	me = faulter;
	while (test_go()) {
		fault(me->page);
		me->made++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	pthread_t thread[THREADS];

	test_init(argc, argv);
	must(sigaction(SIGSEGV, &sa, NULL));
	for (int i = 0; i < THREADS; i++)
		faulters[i].page = map_anon(PAGE, PROT_NONE, 0);
	for (int i = 0; i < THREADS; i++)
		thread[i] = test_thread(run, &faulters[i]);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < THREADS; i++) {
		test_join(thread[i]);
		check(faulters[i].made == faulters[i].seen, "thread %d: %u faults, %u came", i, faulters[i].made, faulters[i].seen);
	}
	check(!elsewhere, "a fault came at %#llx", elsewhere);
	pass();
}
