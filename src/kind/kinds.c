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
