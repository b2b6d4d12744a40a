/* SPDX-License-Identifier: Apache-2.0 */
/* show_json.c - any protobuf message as JSON. */
#include <stdint.h>
#include "say.h"
#include "show_parts.h"

#define INDENT 2

/* Length of the UTF-8 character at s (RFC 3629), 0 if there is none. */
static int utf8_length(const unsigned char *s)
{
	int len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (int i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void json_string(const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	tell("\"");
	while (*s) {
		int len = utf8_length(s);

		if (*s == '"' || *s == '\\')
			tell("\\%c", *s);
		else if (!len || *s < ' ' || *s == 0x7f)
			tell("\\u%04x", *s);
		else
			tell("%.*s", len, (const char *)s);
		s += len ? len : 1;
	}
	tell("\"");
}

static void json_value(const ProtobufCFieldDescriptor *f, const void *at, int depth)
{
	if (show_number(f, at, true))
		return;
	if (f->type == PROTOBUF_C_TYPE_STRING) {
		json_string(*(const char *const *)at);
	} else if (f->type == PROTOBUF_C_TYPE_BYTES) {
		tell("\"");
		show_hex(at);
		tell("\"");
	} else {
		show_json(*(const ProtobufCMessage *const *)at, depth);
	}
}

static void json_array(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, int depth)
{
	size_t n = show_field_count(m, f);

	tell("[");
	for (size_t i = 0; i < n; i++) {
		tell("%s", i ? ", " : "");
		json_value(f, show_field_at(m, f, i), depth);
	}
	tell("]");
}

void show_json(const ProtobufCMessage *m, int depth)
{
	const char *separator = "";

	tell("{");
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];

		if (!show_field_set(m, f))
			continue;
		tell("%s\n%*s\"%s\": ", separator, (depth + 1) * INDENT, "", f->name);
		if (f->label == PROTOBUF_C_LABEL_REPEATED)
			json_array(m, f, depth + 1);
		else
			json_value(f, show_field_at(m, f, 0), depth + 1);
		separator = ",";
	}
	tell("%s%*s}", *separator ? "\n" : "", *separator ? depth * INDENT : 0, "");
}

void show_json_list(ProtobufCMessage *const *list, size_t n, int depth)
{
	tell("[");
	for (size_t i = 0; i < n; i++) {
		tell("%s\n%*s", i ? "," : "", (depth + 1) * INDENT, "");
		show_json(list[i], depth + 1);
	}
	tell("%s%*s]", n ? "\n" : "", n ? depth * INDENT : 0, "");
}
