/* SPDX-License-Identifier: Apache-2.0 */
/* mutate.h - changes protobuf messages of any type in random places, by their descriptors.
 *
 * A fuzzer that changes bytes seldom gets past the framing; this one changes
 * what the messages say, and the result is packed again. Messages live in an
 * arena and are given up with it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "cleanup.h"

struct mutate {
	struct arena *mem;
	uint64_t seed;
};

/* splitmix64: a fuzzer must be able to play an input again. */
static inline uint64_t mutate_random(struct mutate *m)
{
	uint64_t z = m->seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline size_t mutate_below(struct mutate *m, size_t n)
{
	return n ? mutate_random(m) % n : 0;
}

static inline uint64_t mutate_number(struct mutate *m, uint64_t old)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 4, 8, 64, 65, 127, 128, 255, 511, 512, 513, 4095, 4096, 4097, 1 << 22, (1 << 22) + 1,
		INT32_MAX, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(0x7ffffffff000), INT64_MAX, UINT64_MAX,
		UINT64_MAX - 4095,
	};

	switch (mutate_below(m, 6)) {
	case 0: return old + 1;
	case 1: return old - 1;
	case 2: return old ^ UINT64_C(1) << mutate_below(m, 64);
	case 3: return old + (mutate_below(m, 16) - 8) * 4096;
	case 4: return mutate_below(m, 8);
	default: return edges[mutate_below(m, ARRAY_SIZE(edges))];
	}
}

static inline char *mutate_string(struct mutate *m, const char *old)
{
	static const char *const words[] = {
		"", "/", "/bin/sh", "relative", "/dev/null", "/nonexistent", "tree", "mm", "files", "pages", "zombie",
		"x86-64", "x86_64", "fd.pipe", "fd.none", "gd", "lo", "dd", "d", "sixteen letters!", "../../etc/passwd",
		"%s%n", "\033[2J\n\"\\", "\xff\xfe",
	};
	char *copy = arena_strdup(m->mem, old ? old : "");

	if (mutate_below(m, 3) || !copy || !*copy)
		return arena_strdup(m->mem, words[mutate_below(m, ARRAY_SIZE(words))]);
	copy[mutate_below(m, strlen(copy))] = (char)(1 + mutate_below(m, 255));
	return copy;
}

static inline void mutate_bytes(struct mutate *m, ProtobufCBinaryData *b)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 15, 16, 17, 127, 128, 129, 512, 2432, 4096 };
	size_t len = mutate_below(m, 2) ? b->len : sizes[mutate_below(m, ARRAY_SIZE(sizes))];
	uint8_t *data = arena_zalloc(m->mem, len + 1);

	if (b->len && len)
		memcpy(data, b->data, MIN(len, b->len));
	if (len)
		data[mutate_below(m, len)] = (uint8_t)mutate_random(m);
	*b = (ProtobufCBinaryData){ len, data };
}

static inline void mutate_message(struct mutate *m, ProtobufCMessage *msg);

static inline ProtobufCMessage *message_new(struct arena *a, const ProtobufCMessageDescriptor *type)
{
	ProtobufCMessage *msg = arena_zalloc(a, type->sizeof_message);

	type->message_init(msg);
	return msg;
}

static inline size_t mutate_size(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64: case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_STRING: case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4;
	}
}

/* One value, wherever it lies. */
static inline void mutate_value(struct mutate *m, const ProtobufCFieldDescriptor *f, void *at)
{
	size_t size = mutate_size(f);
	uint64_t number = 0;

	if (f->type == PROTOBUF_C_TYPE_STRING) {
		*(char **)at = mutate_string(m, *(char **)at);
	} else if (f->type == PROTOBUF_C_TYPE_BYTES) {
		mutate_bytes(m, at);
	} else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		ProtobufCMessage **msg = at;

		if (!*msg)
			*msg = message_new(m->mem, f->descriptor);
		mutate_message(m, *msg);
	} else {
		memcpy(&number, at, size);
		number = f->type == PROTOBUF_C_TYPE_BOOL ? !number : mutate_number(m, number);
		memcpy(at, &number, size);
	}
}

/* Take away, double, swap, add or change an element. */
static inline void mutate_list(struct mutate *m, const ProtobufCFieldDescriptor *f, size_t *n, void **list)
{
	size_t size = mutate_size(f), i = mutate_below(m, *n), j = mutate_below(m, *n);
	char *copy = arena_zalloc(m->mem, (*n + 1) * size), swap[32];

	if (*n)
		memcpy(copy, *list, *n * size);
	*list = copy;
	switch (*n ? mutate_below(m, 6) : 0) {
	case 0:
		if (f->type == PROTOBUF_C_TYPE_STRING)
			*(char **)(copy + *n * size) = arena_strdup(m->mem, "");
		mutate_value(m, f, copy + *n * size);
		(*n)++;
		break;
	case 1:
		memmove(copy + i * size, copy + (i + 1) * size, (*n - i - 1) * size);
		(*n)--;
		break;
	case 2:
		memcpy(copy + *n * size, copy + i * size, size);
		(*n)++;
		break;
	case 3:
		memcpy(swap, copy + i * size, size);
		memcpy(copy + i * size, copy + j * size, size);
		memcpy(copy + j * size, swap, size);
		break;
	default:
		mutate_value(m, f, copy + i * size);
	}
}

static inline void mutate_oneof(struct mutate *m, const ProtobufCFieldDescriptor *f, uint32_t *which, void *at)
{
	if (*which != f->id) {
		if (mutate_below(m, 4))
			return;
		*which = f->id;
		*(ProtobufCMessage **)at = message_new(m->mem, f->descriptor);
	}
	mutate_value(m, f, at);
}

static inline void mutate_message(struct mutate *m, ProtobufCMessage *msg)
{
	const ProtobufCMessageDescriptor *d = msg->descriptor;
	char *base = (char *)msg;

	/* A oneof mostly takes the branch that is there. */
	for (unsigned tries = 0; tries < 1 + d->n_fields; tries++) {
		const ProtobufCFieldDescriptor *f = &d->fields[mutate_below(m, d->n_fields)];
		uint32_t *which = (uint32_t *)(base + f->quantifier_offset);

		if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
			if (*which != f->id && tries < d->n_fields)
				continue;
			mutate_oneof(m, f, which, base + f->offset);
		} else if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			mutate_list(m, f, (size_t *)(base + f->quantifier_offset), (void **)(base + f->offset));
		} else if (f->type == PROTOBUF_C_TYPE_MESSAGE && !mutate_below(m, 8)) {
			*(ProtobufCMessage **)(base + f->offset) = NULL;
		} else {
			mutate_value(m, f, base + f->offset);
		}
		return;
	}
}
