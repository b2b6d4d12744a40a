/* SPDX-License-Identifier: Apache-2.0 */
/* show_field.c - reads the fields of any protobuf message by its descriptor. */
#include <inttypes.h>
#include <stdint.h>
#include "say.h"
#include "show_parts.h"

static size_t size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return 4;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 8;
	}
}

static const void *member(const ProtobufCMessage *m, unsigned offset)
{
	return (const char *)m + offset;
}

bool show_field_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return true;
	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)member(m, f->quantifier_offset) == f->id;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(void *const *)member(m, f->offset) != NULL;
	return true;
}

size_t show_field_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	if (f->label != PROTOBUF_C_LABEL_REPEATED)
		return 1;
	return *(const size_t *)member(m, f->quantifier_offset);
}

const void *show_field_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i)
{
	const void *at = member(m, f->offset);

	if (f->label != PROTOBUF_C_LABEL_REPEATED)
		return at;
	return *(const char *const *)at + i * size_of(f->type);
}

static void show_enum(const ProtobufCFieldDescriptor *f, int value, bool json)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(f->descriptor, value);

	if (v)
		tell(json ? "\"%s\"" : "%s", v->name);
	else
		tell("%d", value);
}

/* Fixed-width fields are addresses, masks and checksums: text has them in hex. */
bool show_number(const ProtobufCFieldDescriptor *f, const void *at, bool json)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		tell("%" PRId32, *(const int32_t *)at);
		return true;
	case PROTOBUF_C_TYPE_UINT32:
		tell("%" PRIu32, *(const uint32_t *)at);
		return true;
	case PROTOBUF_C_TYPE_FIXED32:
		tell(json ? "%" PRIu32 : "0x%" PRIx32, *(const uint32_t *)at);
		return true;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		tell("%" PRId64, *(const int64_t *)at);
		return true;
	case PROTOBUF_C_TYPE_UINT64:
		tell("%" PRIu64, *(const uint64_t *)at);
		return true;
	case PROTOBUF_C_TYPE_FIXED64:
		tell(json ? "%" PRIu64 : "0x%" PRIx64, *(const uint64_t *)at);
		return true;
	case PROTOBUF_C_TYPE_FLOAT:
		tell("%.9g", (double)*(const float *)at);
		return true;
	case PROTOBUF_C_TYPE_DOUBLE:
		tell("%.17g", *(const double *)at);
		return true;
	case PROTOBUF_C_TYPE_BOOL:
		tell("%s", *(const protobuf_c_boolean *)at ? "true" : "false");
		return true;
	case PROTOBUF_C_TYPE_ENUM:
		show_enum(f, *(const int *)at, json);
		return true;
	default:
		return false;
	}
}

void show_hex(const ProtobufCBinaryData *b)
{
	for (size_t i = 0; i < b->len; i++)
		tell("%02x", b->data[i]);
}
