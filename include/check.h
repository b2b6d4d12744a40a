/* SPDX-License-Identifier: Apache-2.0 */
/* check.h - `ckpt check` without a tree: what this kernel and these privileges allow. */
#pragma once
#include <stdbool.h>

/* Try each feature and tell; `only`: one, by name, with nothing told. 0: all that
 * dump and restore cannot do without is there, or that one, and without limits;
 * -ENOTSUP: something is missing; -EINVAL, said: no such feature. */
int check_features(const char *only, bool json);
