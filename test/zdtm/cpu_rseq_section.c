/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_rseq_section.c - a checkpoint inside a restartable sequence aborts it; it never goes on unprotected. */
#include <cpuid.h>
#include <sched.h>
#include <sys/rseq.h>
#include "zdtm.h"

/* rdtscp gives the CPU that runs this very instruction; its low 12 bits are the number (getcpu in the vdso). */
#define CPU_MASK "0xfff"
#define RDTSCP (1U << 27)

__attribute__((used)) static uint32_t entered, moved, unprotected;
__attribute__((used)) static struct rseq *area;

/*
 * Inside the sequence (1: to 2:) the CPU must stay the one that was read at its start, and rseq_cs, which the
 * kernel clears, must stay set: whoever moves the thread, or stops it there, makes it continue at 4:.
 */
void spin(void);
asm(".text\n"
"	.pushsection .data, \"aw\"\n"
"	.balign 32\n"
"section:\n"
"	.long 0, 0\n"
"	.quad 1f, 2f - 1f, 4f\n"
"	.popsection\n"
"	.long 0x53053053\n"		/* RSEQ_SIG */
"4:\n"
"spin:\n"
"	mov area(%rip), %rsi\n"
"	lea section(%rip), %r8\n"
"	mov %r8, 8(%rsi)\n"		/* rseq_cs */
"1:	mov (%rsi), %edi\n"		/* cpu_id_start */
"	movl $1, entered(%rip)\n"
"3:	cmp %r8, 8(%rsi)\n"
"	jne 5f\n"
"	cmpl $0, test_sigterm(%rip)\n"
"	jne 2f\n"
"	rdtscp\n"
"	and $" CPU_MASK ", %ecx\n"
"	cmp %ecx, %edi\n"
"	je 3b\n"
"	movl $1, moved(%rip)\n"
"	jmp 2f\n"
"5:	movl $1, unprotected(%rip)\n"
"2:	movq $0, 8(%rsi)\n"
"	ret\n");

static void *run(void *arg)
{
	area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	spin();
	return arg;
}

int main(int argc, char **argv)
{
	unsigned int a, b, c, d;
	pthread_t thread;

	test_init(argc, argv);
	if (!__rseq_size)
		skip("the C library has registered no rseq area");
	if (!__get_cpuid(0x80000001, &a, &b, &c, &d) || !(d & RDTSCP))
		skip("no rdtscp");
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&entered, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	check(!moved, "the sequence went on on another CPU");
	check(!unprotected, "the sequence went on though its rseq_cs was cleared");
	pass();
}
