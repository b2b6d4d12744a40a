/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c - a payload of length-delimited records, from bytes to messages. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include "format.h"

static bool has_unknown(const ProtobufCMessage *m);

static bool field_has_unknown(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const char *base = (const char *)m;
	const ProtobufCMessage *const *list;

	if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		list = *(const ProtobufCMessage *const *const *)(base + f->offset);
		for (size_t i = 0; i < *(const size_t *)(base + f->quantifier_offset); i++)
			if (has_unknown(list[i]))
				return true;
		return false;
	}
	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF &&
	    *(const uint32_t *)(base + f->quantifier_offset) != f->id)
		return false;
	list = (const ProtobufCMessage *const *)(base + f->offset);
	return *list && has_unknown(*list);
}

/* A field that we do not know was important to whoever wrote it. Messages do
 * not contain themselves, so this goes no deeper than the descriptors do. */
static bool has_unknown(const ProtobufCMessage *m)
{
	if (m->n_unknown_fields)
		return true;
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];

		if (f->type == PROTOBUF_C_TYPE_MESSAGE && field_has_unknown(m, f))
			return true;
	}
	return false;
}

/* What the messages of one record may take: about twice what the shortest
 * encoding of the largest of them comes to. Without it, a field given again
 * and again, which protobuf-c merges by copies, took the square of that. */
#define ROOM_PER_BYTE 128
#define ROOM_AT_LEAST 65536

struct budget {
	ProtobufCAllocator in;
	size_t left;
	bool over;
};

static void *budget_alloc(void *data, size_t size)
{
	struct budget *b = data;

	b->over |= size > b->left;
	if (b->over)
		return NULL;
	b->left -= size;
	return b->in.alloc(b->in.allocator_data, size);
}

static void budget_free(void *data, void *p)
{
	struct budget *b = data;

	b->in.free(b->in.allocator_data, p);
}

static ProtobufCMessage *unpack(struct arena *a, const ProtobufCMessageDescriptor *type,
				const uint8_t *data, uint32_t size, bool *ret_over)
{
	struct budget b = { arena_protobuf(a), (size_t)size * ROOM_PER_BYTE + ROOM_AT_LEAST, false };
	ProtobufCAllocator within = { .alloc = budget_alloc, .free = budget_free, .allocator_data = &b };
	ProtobufCMessage *m = protobuf_c_message_unpack(type, &within, size, data);

	*ret_over = b.over;
	return m;
}

int image_decode(struct arena *a, const char *name, const uint8_t *payload, size_t len,
		 const ProtobufCMessageDescriptor *type,
		 ProtobufCMessage ***ret, size_t *ret_n, const char **why)
{
	ProtobufCMessage **list = NULL, **el;
	size_t n = 0;

	while (len) {
		uint32_t size;
		bool over = false;

		if (len < sizeof(size))
			return WHY(a, why, -EBADMSG, "%s: %zu bytes are left over behind record %zu", name, len, n);
		memcpy(&size, payload, sizeof(size));
		size = le32toh(size);
		payload += sizeof(size);
		len -= sizeof(size);
		if (size > len)
			return WHY(a, why, -EBADMSG, "%s: record %zu says it is %u bytes long, but only %zu follow",
				   name, n + 1, size, len);
		if (!size)
			return WHY(a, why, -EBADMSG, "%s: record %zu is empty", name, n + 1);
		el = ARENA_ADD(a, list, n);
		if (!el)
			return WHY(a, why, -ENOMEM, "%s: no memory for its records", name);
		*el = unpack(a, type, payload, size, &over);
		if (over)
			return WHY(a, why, -EBADMSG, "%s: record %zu unfolds to more than %u times its %u bytes",
				   name, n, ROOM_PER_BYTE, size);
		if (!*el)
			return WHY(a, why, -EBADMSG, "%s: record %zu is no %s message", name, n, type->short_name);
		if (has_unknown(*el))
			return WHY(a, why, -ENOTSUP, "%s: record %zu has a field that this ckpt does not know; "
				   "a later version wrote it", name, n);
		payload += size;
		len -= size;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
