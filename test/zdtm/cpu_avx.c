/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_avx.c - ymm registers of a thread that never enters the kernel by itself. */
#include <sched.h>
#include "zdtm.h"

enum { NREGS = 16, WIDTH = 32 };

__attribute__((used)) static uint8_t in[NREGS][WIDTH], out[NREGS][WIDTH];
__attribute__((used)) static uint32_t spinning;

void spin(void);
asm(".text\n"
"spin:\n"
"	.set off, 0\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	vmovups in + off(%rip), %ymm\\n\n"
"	.set off, off + 32\n"
"	.endr\n"
"	movl $1, spinning(%rip)\n"
"1:	movl test_sigterm(%rip), %ecx\n"
"	jrcxz 1b\n"
"	.set off, 0\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	vmovups %ymm\\n, out + off(%rip)\n"
"	.set off, off + 32\n"
"	.endr\n"
"	vzeroall\n"
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
	if (!__builtin_cpu_supports("avx"))
		skip("no AVX");
	test_datagen(in, sizeof(in), 32);
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&spinning, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	for (int i = 0; i < NREGS; i++)
		check(!memcmp(out[i], in[i], WIDTH), "ymm%d changed", i);
	pass();
}
