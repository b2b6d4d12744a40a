/* SPDX-License-Identifier: Apache-2.0 */
/* share.h - which processes of a tree share a kernel object, found with kcmp(2).
 *
 * An object is shared from a clone on, and by it alone: processes that do not
 * share one never will. So most of this is found while the tree runs, and
 * only what could have changed is looked at again when it stands still.
 */
#pragma once
#include "model.h"

/* Before the freeze; -errno: ckpt's own failure. What vanishes meanwhile is none. */
int share_survey(struct tree *tree);

/* In a frozen tree: sets shares[] of each process that is not a zombie. -errno. */
int share_find(struct tree *tree);
