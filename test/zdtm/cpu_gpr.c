/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_gpr.c - general registers and flags of a thread that never enters the kernel by itself. */
#include <sched.h>
#include "zdtm.h"

/* In the order of the .irp below; rcx is the one that the loop needs. */
static const char *const names[] = { "rax", "rbx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10",
	"r11", "r12", "r13", "r14", "r15" };
enum { NREGS = sizeof(names) / sizeof(names[0]) };

/* CF PF AF ZF SF DF OF ID; of the others, IF and the reserved bit 1 are always set. */
#define FLAGS 0x200cd5UL

__attribute__((used)) static uint64_t in[NREGS], out[NREGS], sp_in, sp_out, flags_in, flags_out;
__attribute__((used)) static uint32_t spinning;

/* mov and jrcxz change no flags. */
void spin(void);
asm(".text\n"
"spin:\n"
"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
"	pushfq\n"
"	mov %rsp, sp_in(%rip)\n"
"	push flags_in(%rip)\n"
"	popfq\n"
"	.set off, 0\n"
"	.irp r, rax, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15\n"
"	mov in + off(%rip), %\\r\n"
"	.set off, off + 8\n"
"	.endr\n"
"	movl $1, spinning(%rip)\n"
"1:	movl test_sigterm(%rip), %ecx\n"
"	jrcxz 1b\n"
"	.set off, 0\n"
"	.irp r, rax, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15\n"
"	mov %\\r, out + off(%rip)\n"
"	.set off, off + 8\n"
"	.endr\n"
"	mov %rsp, sp_out(%rip)\n"
"	pushfq\n"
"	pop flags_out(%rip)\n"
"	popfq\n"
"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
"	ret\n");

static void *run(void *arg)
{
	spin();
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	test_datagen(in, sizeof(in), 7);
	flags_in = FLAGS;
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&spinning, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	for (int i = 0; i < NREGS; i++)
		check(out[i] == in[i], "%s is %#lx, not %#lx", names[i], out[i], in[i]);
	check(sp_out == sp_in, "rsp is %#lx, not %#lx", sp_out, sp_in);
	check((flags_out & FLAGS) == FLAGS, "flags are %#lx", flags_out);
	pass();
}
