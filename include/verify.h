/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h - ckpt verify: every checksum and every reference, without restoring. */
#pragma once

struct verify_options {
	const char *dir;
};

/* 0: a restore will find all that the checkpoint says it has. Else -errno, said. */
int verify_command(const struct verify_options *o);
