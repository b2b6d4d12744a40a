/* SPDX-License-Identifier: Apache-2.0 */
/* spin.h - loops that hold known values in registers and never enter the kernel by themselves. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { YMMS = 16, YMM = 32, GPRS = 13, TILES = 8, TILE = 1024 };

/* Offsets count: spin.S has them too. */
struct avx_block {
	uint8_t in[YMMS][YMM], out[YMMS][YMM];
	uint64_t gpr_in[GPRS], gpr_out[GPRS];	/* all but rsp, rcx and rdi */
	uint64_t flags_out;
	uint32_t *go;
};

struct amx_block {
	struct {
		uint8_t palette, start_row, reserved[14];
		uint16_t bytes[16];
		uint8_t rows[16];
	} config_in, config_out;
	uint8_t in[TILES][TILE], out[TILES][TILE];
	uint32_t *go;
};

#define AVX_FLAGS 0x401u	/* DF and CF are set in the loop */

/* Until *go is not 0. */
void spin_avx(struct avx_block *b);
void spin_amx(struct amx_block *b);
