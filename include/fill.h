/* SPDX-License-Identifier: Apache-2.0 */
/* fill.h - page contents from the pages file into address spaces under restore. */
#pragma once
#include "restore_state.h"

/* Every page of these processes that is not there, checked against its checksum on
 * the way. The tasks are stopped and their memory is mapped. Speaks. */
int fill_memory(struct restore *r, const struct processes *ps);

/* Private memory that is writable, or was once: it has been accounted for
 * (VM_ACCOUNT), and is mapped writable until its contents are there. */
bool vma_was_writable(const Vma *v);
