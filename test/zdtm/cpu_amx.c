/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_amx.c - AMX tiles and their configuration; the permission to use them, which the kernel gives on request. */
#include <asm/prctl.h>
#include <sched.h>
#include <sys/syscall.h>
#include "zdtm.h"

#ifndef ARCH_GET_XCOMP_PERM
#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023
#endif
enum { XTILEDATA = 18, TILES = 8, ROWS = 16, ROW = 64 };

struct __attribute__((packed)) config {
	uint8_t palette, start_row, reserved[14];
	uint16_t colsb[16];
	uint8_t rows[16];
};

__attribute__((used)) static uint8_t in[TILES][ROWS * ROW], out[TILES][ROWS * ROW];
__attribute__((used)) static struct config config_in = { .palette = 1 }, config_out;
__attribute__((used)) static uint32_t spinning;

void spin(void);
asm(".text\n"
"spin:\n"
"	ldtilecfg config_in(%rip)\n"
"	mov $64, %eax\n"
"	lea in(%rip), %rsi\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7\n"
"	tileloadd (%rsi,%rax,1), %tmm\\n\n"
"	add $1024, %rsi\n"
"	.endr\n"
"	movl $1, spinning(%rip)\n"
"1:	movl test_sigterm(%rip), %ecx\n"
"	jrcxz 1b\n"
"	sttilecfg config_out(%rip)\n"
"	lea out(%rip), %rsi\n"
"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7\n"
"	tilestored %tmm\\n, (%rsi,%rax,1)\n"
"	add $1024, %rsi\n"
"	.endr\n"
"	tilerelease\n"
"	ret\n");

static void *run(void *arg)
{
	spin();
	return arg;
}

static bool permitted(void)
{
	uint64_t features = 0;

	return !syscall(SYS_arch_prctl, ARCH_GET_XCOMP_PERM, &features) && features & 1ULL << XTILEDATA;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) || !permitted())
		skip("no AMX: %s", strerror(errno));
	for (int i = 0; i < TILES; i++) {
		config_in.colsb[i] = ROW;
		config_in.rows[i] = ROWS;
	}
	test_datagen(in, sizeof(in), 18);
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&spinning, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_join(thread);
	check(permitted(), "the permission is gone");
	check(!memcmp(&config_out, &config_in, sizeof(config_in)), "the configuration changed");
	for (int i = 0; i < TILES; i++)
		check(!memcmp(out[i], in[i], sizeof(in[i])), "tile %d changed", i);
	pass();
}
