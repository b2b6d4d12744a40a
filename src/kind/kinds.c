/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.c - everything that ckpt can save, on one page. */
#include "kinds.h"

const struct file_kind *const file_kinds[] = {
	&eventfd_kind,
	&epoll_kind,
	&pipe_kind,
	&fifo_kind,
	&chardev_kind,
	&tty_kind,
	&tcp_listen_kind,
	&regular_kind,
	&directory_kind,
	NULL
};

/* In the order in which a restore puts them back within a stage; in a dump the
 * last two may make calls of their own while they take their answers. */
const struct task_part *const task_parts[] = {
	&cpu_part,
	&fs_part,
	&descriptors_part,
	&attributes_part,
	&limits_part,
	&refused_part,
	&sigactions_part,
	&signals_part,
	&creds_part,
	&dumpable_part,
	&death_signal_part,
	&keys_part,
	&mm_part,
	&semundo_part,
	NULL
};

const struct file_kind *file_kind_of(const struct file_facts *f)
{
	for (const struct file_kind *const *k = file_kinds; *k; k++)
		if ((*k)->is(f))
			return *k;
	return NULL;
}

const struct file_kind *file_kind_by_tag(FileObject__KindCase tag)
{
	for (const struct file_kind *const *k = file_kinds; *k; k++)
		if ((*k)->tag == tag)
			return *k;
	return NULL;
}
