/* SPDX-License-Identifier: Apache-2.0 */
/* fill.h - page contents from the pages file into address spaces under restore. */
#pragma once
#include "restore_state.h"

/* Every page of every process, checked against its checksum on the way. The
 * tasks are stopped and their memory is mapped. Speaks. */
int fill_memory(struct restore *r);

/* Private memory that is writable, or was once: it has been accounted for
 * (VM_ACCOUNT), and is mapped writable until its contents are there. */
bool vma_was_writable(const Vma *v);

/* One of the two letters that VmFlags of smaps has. */
bool vma_has_flag(const Vma *v, const char *two);
