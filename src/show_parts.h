/* SPDX-License-Identifier: Apache-2.0 */
/* show_parts.h - the printers behind ckpt show; for show*.c alone.
 *
 * All write with tell(), whose first failure is kept for tell_flush().
 */
#pragma once
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>
#include "load.h"

/* Any message, by its descriptor. JSON: every field but unset messages, in the
 * order of their numbers; 64-bit numbers as numbers, bytes as hex digits,
 * enums by name; bytes of a string that are no UTF-8 as \u00XX. */
void show_json(const ProtobufCMessage *m, int depth);
void show_json_list(ProtobufCMessage *const *list, size_t n, int depth);

/* The same as text, a line per field, without what is zero or empty. */
void show_text(const ProtobufCMessage *m, int depth);

/* A field of a message, as both printers need it. */
bool show_field_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f);
size_t show_field_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f);
const void *show_field_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i);

/* A number or an enum; false if the field is something else. */
bool show_number(const ProtobufCFieldDescriptor *f, const void *at, bool json);
void show_hex(const ProtobufCBinaryData *b);

/* The whole checkpoint for people. 0 or -ENOMEM. */
int show_people(struct arena *a, const struct checkpoint *c);
