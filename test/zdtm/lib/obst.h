/* SPDX-License-Identifier: Apache-2.0 */
/* obst.h - for tests of obstacles: a dump must refuse the program, name the reason, and leave it unharmed. */
#ifndef ZDTM_OBST_H
#define ZDTM_OBST_H

#include "files.h"
#include "vma.h"

/* The value of a call that not every machine or user can make; where it is -1, the test is skipped. */
long need(long value, const char *what);
void *need_map(size_t len, int prot, int flags, int fd, const char *what);

/* Until SIGTERM, with a child in a new namespace; the rest of main. */
_Noreturn void namespace_test(int clone_flag);

/* A new terminal's slave side, opened with these flags; an outsider holds the master until the last slave is closed. */
int open_terminal(int flags);

#endif
