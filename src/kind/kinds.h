/* SPDX-License-Identifier: Apache-2.0 */
/* kinds.h - the rows that the tables of kinds.c are made of. */
#pragma once
#include "file_kind.h"

extern const struct file_kind regular_kind, directory_kind, chardev_kind, pipe_kind, fifo_kind,
	eventfd_kind, epoll_kind, tty_kind, tcp_listen_kind;

#include "task_part.h"

extern const struct task_part cpu_part, creds_part, signals_part, attributes_part, sigactions_part,
	limits_part, dumpable_part, fs_part, descriptors_part, refused_part, mm_part, keys_part, semundo_part, death_signal_part;
