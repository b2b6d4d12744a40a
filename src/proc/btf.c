/* SPDX-License-Identifier: Apache-2.0 */
/* btf.c - the types of the running kernel. */
#include <errno.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "btf.h"
#include "cleanup.h"

#define DEPTH_MAX 16		/* of types that stand for other types */
#define STRIDE 64u

struct btf {
	const char *strings, *types;
	size_t strings_len;
	uint32_t n;		/* numbers begin at 1: 0 is void, and not there */
	uint32_t *marks;	/* where each STRIDEth begins: a kernel has 100,000 */
};

/* Bytes that follow a type: some by its kind, and some for each of its vlen. */
static const struct { bool known; uint8_t once, each; } tails[] = {
	[BTF_KIND_INT] = { true, 4, 0 },
	[BTF_KIND_PTR] = { true, 0, 0 },
	[BTF_KIND_ARRAY] = { true, sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION] = { true, 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM] = { true, 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD] = { true, 0, 0 },
	[BTF_KIND_TYPEDEF] = { true, 0, 0 },
	[BTF_KIND_VOLATILE] = { true, 0, 0 },
	[BTF_KIND_CONST] = { true, 0, 0 },
	[BTF_KIND_RESTRICT] = { true, 0, 0 },
	[BTF_KIND_FUNC] = { true, 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { true, 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR] = { true, sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC] = { true, 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT] = { true, 0, 0 },
	[BTF_KIND_DECL_TAG] = { true, sizeof(struct btf_decl_tag), 0 },
	[BTF_KIND_TYPE_TAG] = { true, 0, 0 },
	[BTF_KIND_ENUM64] = { true, 0, sizeof(struct btf_enum64) },
};

static size_t tail_size(const struct btf_type *t)
{
	unsigned kind = BTF_INFO_KIND(t->info);

	return tails[kind].once + (size_t)tails[kind].each * BTF_INFO_VLEN(t->info);
}

static bool is_known(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info) < ARRAY_SIZE(tails) && tails[BTF_INFO_KIND(t->info)].known;
}

static const struct btf_type *after(const struct btf_type *t)
{
	return (const void *)((const char *)(t + 1) + tail_size(t));
}

static int index_types(struct btf *b, size_t len)
{
	b->n = 1;
	for (size_t at = 0; at < len; b->n++) {
		const struct btf_type *t = (const void *)(b->types + at);

		if (len - at < sizeof(*t) || !is_known(t) || len - at - sizeof(*t) < tail_size(t))
			return -EINVAL;
		if (b->n % STRIDE == 1)
			b->marks[(b->n - 1) / STRIDE] = (uint32_t)at;
		at += sizeof(*t) + tail_size(t);
	}
	return 0;
}

static const struct btf_type *type(const struct btf *b, uint32_t number)
{
	const struct btf_type *t;

	if (!number || number >= b->n)
		return NULL;
	t = (const void *)(b->types + b->marks[(number - 1) / STRIDE]);
	for (uint32_t i = (number - 1) % STRIDE; i; i--)
		t = after(t);
	return t;
}

/* Whether [offset, offset + size) lies within what follows the header. */
static bool lies_within(size_t room, uint32_t offset, uint32_t size)
{
	return offset <= room && size <= room - offset;
}

int btf_parse(struct arena *a, const void *bytes, size_t len, struct btf **ret)
{
	const struct btf_header *h = bytes;
	struct btf *b = arena_zalloc(a, sizeof(*b));
	const char *body;
	int r;

	if (!b)
		return -ENOMEM;
	if (len < sizeof(*h) || h->magic != BTF_MAGIC || h->version != BTF_VERSION || h->hdr_len < sizeof(*h) || h->hdr_len > len)
		return -EINVAL;
	if (!lies_within(len - h->hdr_len, h->type_off, h->type_len) || !lies_within(len - h->hdr_len, h->str_off, h->str_len) ||
	    h->type_off % 4 || h->hdr_len % 4 || !h->str_len)
		return -EINVAL;
	body = (const char *)bytes + h->hdr_len;
	b->strings = body + h->str_off;
	b->strings_len = h->str_len;
	if (b->strings[0] || b->strings[b->strings_len - 1])
		return -EINVAL;
	b->types = body + h->type_off;
	b->marks = arena_zalloc(a, (h->type_len / sizeof(struct btf_type) / STRIDE + 1) * sizeof(*b->marks));
	if (!b->marks)
		return -ENOMEM;
	r = index_types(b, h->type_len);
	*ret = b;
	return r;
}

/* Names are offsets, and each is there once: numbers are compared, not text. */
static uint32_t name_of(const struct btf *b, const char *name)
{
	size_t len = strlen(name) + 1;
	const char *from = b->strings, *end = b->strings + b->strings_len;

	for (const char *p; (p = memmem(from, (size_t)(end - from), name, len)); from = p + 1)
		if (p > b->strings && !p[-1])
			return (uint32_t)(p - b->strings);
	return 0;
}

int btf_find(const struct btf *b, unsigned kind, const char *name, uint32_t *ret)
{
	uint32_t wanted = name_of(b, name);
	const struct btf_type *t = type(b, 1);

	for (uint32_t i = 1; wanted && i < b->n; i++, t = after(t))
		if (t->name_off == wanted && BTF_INFO_KIND(t->info) == kind) {
			*ret = i;
			return 0;
		}
	return -ENOENT;
}

/* 0: it has none, or not one that we can tell. */
static uint32_t size_of(const struct btf *b, uint32_t number)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct btf_type *t = type(b, number);

		switch (t ? BTF_INFO_KIND(t->info) : BTF_KIND_UNKN) {
		case BTF_KIND_PTR:
			return sizeof(void *);
		case BTF_KIND_INT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return t->size;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			number = t->type;
			break;
		default:
			return 0;
		}
	}
	return 0;
}

static int find_field(const struct btf *b, const struct btf_type *t, uint32_t name, uint32_t base, int depth, struct btf_field *ret)
{
	const struct btf_member *m = (const void *)(t + 1);
	bool has_bit_fields = BTF_INFO_KFLAG(t->info);
	unsigned kind = BTF_INFO_KIND(t->info);
	int r = -ENOENT;

	if ((kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) || depth == DEPTH_MAX)
		return -ENOENT;
	for (size_t i = 0; r == -ENOENT && i < BTF_INFO_VLEN(t->info); i++) {
		uint32_t bits = has_bit_fields ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;
		const struct btf_type *inner = m[i].name_off ? NULL : type(b, m[i].type);

		if (inner)
			r = find_field(b, inner, name, base + bits / 8, depth + 1, ret);
		if (m[i].name_off != name)
			continue;
		*ret = (struct btf_field){ base + bits / 8, size_of(b, m[i].type) };
		r = bits % 8 || !ret->size || (has_bit_fields && BTF_MEMBER_BITFIELD_SIZE(m[i].offset)) ? -EINVAL : 0;
	}
	return r;
}

int btf_field(const struct btf *b, const char *of, const char *name, struct btf_field *ret)
{
	uint32_t number, wanted = name_of(b, name);
	int r = btf_find(b, BTF_KIND_STRUCT, of, &number);

	if (r < 0)
		return r;
	return wanted ? find_field(b, type(b, number), wanted, 0, 0, ret) : -ENOENT;
}
