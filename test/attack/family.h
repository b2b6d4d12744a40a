/* SPDX-License-Identifier: Apache-2.0 */
/* family.h - what the two parts of test/attack/family share. */
#pragma once

void wrong(const char *format, ...);	/* it goes to the file that the tree is judged by */
void fill(void);			/* memory of this process alone, and its marks in that of all */
void check_memory(void);

/* clan.c: CLAN processes more. */
#define CLAN 4
void clan_start(const char *fifo);
void clan_end(void);
