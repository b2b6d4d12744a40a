/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_avx512.c - zmm and mask registers of a thread that never enters the kernel by itself. */
#include <sched.h>
#include "zdtm.h"

enum { NREGS = 32, WIDTH = 64 };

__attribute__((used)) static uint8_t in[NREGS][WIDTH], out[NREGS][WIDTH];
__attribute__((used)) static uint64_t k_in[8], k_out[8];
__attribute__((used)) static uint32_t spinning;

void spin(void);
asm(".text\n"
".macro each_zmm what\n"
"	.set off, 0\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	\\what zmm\\n\n"
"	.endr\n"
"	.irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
"	\\what zmm\\n\n"
"	.endr\n"
".endm\n"
".macro load reg\n"
"	vmovups in + off(%rip), %\\reg\n"
"	.set off, off + 64\n"
".endm\n"
".macro store reg\n"
"	vmovups %\\reg, out + off(%rip)\n"
"	.set off, off + 64\n"
".endm\n"
"spin:\n"
"	each_zmm load\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7\n"
"	kmovq k_in + 8 * \\n(%rip), %k\\n\n"
"	.endr\n"
"	movl $1, spinning(%rip)\n"
"1:	movl test_sigterm(%rip), %ecx\n"
"	jrcxz 1b\n"
"	each_zmm store\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7\n"
"	kmovq %k\\n, k_out + 8 * \\n(%rip)\n"
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
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw"))
		skip("no AVX-512");
	test_datagen(in, sizeof(in), 64);
	test_datagen(k_in, sizeof(k_in), 8);
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&spinning, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	for (int i = 0; i < NREGS; i++)
		check(!memcmp(out[i], in[i], WIDTH), "zmm%d changed", i);
	for (int i = 0; i < 8; i++)
		check(k_out[i] == k_in[i], "k%d changed", i);
	pass();
}
