/* SPDX-License-Identifier: Apache-2.0 */
/* show_text.c - any protobuf message as lines of text. */
#include <string.h>
#include "say.h"
#include "show_parts.h"

#define INDENT 2

static void text_string(const char *text)
{
	tell("\"");
	for (const unsigned char *s = (const unsigned char *)(text ? text : ""); *s; s++)
		if (*s < ' ' || *s == 0x7f)
			tell("\\%03o", *s);
		else
			tell(*s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	tell("\"");
}

static void text_value(const ProtobufCFieldDescriptor *f, const void *at)
{
	if (show_number(f, at, false))
		return;
	if (f->type == PROTOBUF_C_TYPE_STRING)
		text_string(*(const char *const *)at);
	else
		show_hex(at);
}

/* proto3 does not tell a field that is zero from one that is not there. */
static bool is_empty(const ProtobufCFieldDescriptor *f, const void *at)
{
	static const char zero[8];

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return !*(const char *const *)at || !**(const char *const *)at;
	case PROTOBUF_C_TYPE_BYTES:
		return !((const ProtobufCBinaryData *)at)->len;
	case PROTOBUF_C_TYPE_MESSAGE:
	case PROTOBUF_C_TYPE_ENUM:
		return false;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return !memcmp(at, zero, 8);
	default:
		return !memcmp(at, zero, 4);
	}
}

static void text_messages(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, int depth)
{
	for (size_t i = 0; i < show_field_count(m, f); i++) {
		tell("%*s%s {\n", depth * INDENT, "", f->name);
		show_text(*(const ProtobufCMessage *const *)show_field_at(m, f, i), depth + 1);
		tell("%*s}\n", depth * INDENT, "");
	}
}

static void text_values(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, int depth)
{
	size_t n = show_field_count(m, f);
	bool repeated = f->label == PROTOBUF_C_LABEL_REPEATED;

	if (!n || (!repeated && is_empty(f, show_field_at(m, f, 0))))
		return;
	tell("%*s%s:", depth * INDENT, "", f->name);
	for (size_t i = 0; i < n; i++) {
		tell(" ");
		text_value(f, show_field_at(m, f, i));
	}
	tell("\n");
}

void show_text(const ProtobufCMessage *m, int depth)
{
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];

		if (!show_field_set(m, f))
			continue;
		if (f->type == PROTOBUF_C_TYPE_MESSAGE)
			text_messages(m, f, depth);
		else
			text_values(m, f, depth);
	}
}
