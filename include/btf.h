/* SPDX-License-Identifier: Apache-2.0 */
/* btf.h - where the running kernel's structs have their fields: its BTF
 * (Documentation/bpf/btf.rst). Pure: bytes in, numbers out.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct arena;
struct btf;

/* All types are looked at once. `bytes` is of /sys/kernel/btf/vmlinux, aligned to 4,
 * and stays the caller's for as long as *ret is used. -EINVAL: not BTF, or not whole. */
int btf_parse(struct arena *a, const void *bytes, size_t len, struct btf **ret);

/* The number of the type of this kind (BTF_KIND_* of linux/btf.h) and name. -ENOENT. */
int btf_find(const struct btf *b, unsigned kind, const char *name, uint32_t *ret);

/* A field of a struct, also where it is in a struct or union without a name.
 * Bytes, both. -ENOENT; -EINVAL: a bit field, or of no size. */
struct btf_field { uint32_t offset, size; };
int btf_field(const struct btf *b, const char *of, const char *name, struct btf_field *ret);
