/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.h - what ckpt itself may do, made no more than a command needs. */
#pragma once

/* Give up, for good, the capabilities that the command makes no use of. A restore
 * keeps all: what it makes has its capabilities from it. Other commands than
 * dump, show and verify are left alone. 0, or -errno, said. */
int privileges_reduce(const char *command);
