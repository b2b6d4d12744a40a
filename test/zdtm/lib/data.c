/* SPDX-License-Identifier: Apache-2.0 */
/* data.c - reproducible random bytes for memory and files. */
#include "zdtm.h"

/* A Weyl sequence through a multiplicative mixer: byte i depends on the seed and i alone. */
static uint8_t byte_at(size_t i, uint32_t seed)
{
	uint64_t x = (i + 1) * 0x9e3779b97f4a7c15ULL + seed * 0xd1342543de82ef95ULL;

	x ^= x >> 32;
	x *= 0xda942042e4dd58b5ULL;
	return x >> 56;
}

void test_datagen(void *buf, size_t len, uint32_t seed)
{
	uint8_t *at = buf;

	for (size_t i = 0; i < len; i++)
		at[i] = byte_at(i, seed);
}

ssize_t test_datachk(const void *buf, size_t len, uint32_t seed)
{
	const uint8_t *at = buf;

	for (size_t i = 0; i < len; i++)
		if (at[i] != byte_at(i, seed))
			return i;
	return -1;
}
