/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_sse.c - xmm registers and mxcsr of a thread that never enters the kernel by itself. */
#include <sched.h>
#include "zdtm.h"

enum { NREGS = 16, WIDTH = 16 };

__attribute__((used)) static uint8_t in[NREGS][WIDTH], out[NREGS][WIDTH];
/* Round to zero, flush to zero, denormals are zero, all masked; sticky: inexact and underflow. */
__attribute__((used)) static uint32_t mxcsr_in = 0xfff0, mxcsr_out, mxcsr_default = 0x1f80;
__attribute__((used)) static uint32_t spinning;

void spin(void);
asm(".text\n"
"spin:\n"
"	ldmxcsr mxcsr_in(%rip)\n"
"	.set off, 0\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	movups in + off(%rip), %xmm\\n\n"
"	.set off, off + 16\n"
"	.endr\n"
"	movl $1, spinning(%rip)\n"
"1:	movl test_sigterm(%rip), %ecx\n"
"	jrcxz 1b\n"
"	.set off, 0\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	movups %xmm\\n, out + off(%rip)\n"
"	.set off, off + 16\n"
"	.endr\n"
"	stmxcsr mxcsr_out(%rip)\n"
"	ldmxcsr mxcsr_default(%rip)\n"
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
	test_datagen(in, sizeof(in), 16);
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&spinning, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	for (int i = 0; i < NREGS; i++)
		check(!memcmp(out[i], in[i], WIDTH), "xmm%d changed", i);
	check(mxcsr_out == mxcsr_in, "mxcsr is %#x, not %#x", mxcsr_out, mxcsr_in);
	pass();
}
