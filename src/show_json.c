/* SPDX-License-Identifier: Apache-2.0 */
/* show_json.c - any protobuf message as JSON. */
#include <stdint.h>
#include "say.h"
#include "show_parts.h"

#define INDENT 2

static void json_value(const ProtobufCFieldDescriptor *f, const void *at, int depth)
{
	if (show_number(f, at, true))
		return;
	if (f->type == PROTOBUF_C_TYPE_STRING) {
		tell_json(*(const char *const *)at);
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
