/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_x87.c - x87 stack, control and status word of a thread that never enters the kernel by itself. */
#include <sched.h>
#include "zdtm.h"

#define CONTROL 0x0f7b		/* round to zero; overflow unmasked, which nothing raises */
#define STACK_SIZE 8
#define TOP_MASK 0x3800

struct __attribute__((packed)) ext { uint64_t mantissa; uint16_t exponent; };

__attribute__((used)) static struct ext in[STACK_SIZE], out[STACK_SIZE];
__attribute__((used)) static uint16_t control_in = CONTROL, control_out, status_in, status_out;
__attribute__((used)) static uint32_t spinning;

/* The division of two of the values sets the sticky inexact bit, fcom sets condition codes. */
void spin(void);
asm(".text\n"
"spin:\n"
"	fninit\n"
"	fldcw control_in(%rip)\n"
"	fld1\n"
"	fldpi\n"
"	fdivrp\n"
"	fldz\n"
"	fcompp\n"
"	.set off, 0\n"
"	.rept 8\n"
"	fldt in + off(%rip)\n"
"	.set off, off + 10\n"
"	.endr\n"
"	fnstsw status_in(%rip)\n"
"	movl $1, spinning(%rip)\n"
"1:	movl test_sigterm(%rip), %ecx\n"
"	jrcxz 1b\n"
"	fnstsw status_out(%rip)\n"
"	fnstcw control_out(%rip)\n"
"	.set off, 70\n"
"	.rept 8\n"
"	fstpt out + off(%rip)\n"
"	.set off, off - 10\n"
"	.endr\n"
"	fninit\n"
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
	test_datagen(in, sizeof(in), 87);
	for (int i = 0; i < STACK_SIZE; i++) {
		in[i].mantissa |= 1ULL << 63;			/* a normal number, */
		in[i].exponent = (in[i].exponent & 0x8fff) | 0x3000;	/* of either sign */
	}
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&spinning, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	check(status_in & ~TOP_MASK, "the status word was not prepared");
	check(status_out == status_in, "status word is %#x, not %#x", status_out, status_in);
	check(control_out == control_in, "control word is %#x, not %#x", control_out, control_in);
	for (int i = 0; i < STACK_SIZE; i++)
		check(!memcmp(&out[i], &in[i], sizeof(in[i])), "st(%d) changed", STACK_SIZE - 1 - i);
	pass();
}
