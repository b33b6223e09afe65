/* Writes messages in the wire format of protocol buffers (proto3, "Encoding" in its documentation),
 * field by field, without a schema. As sx_str, a message keeps a failed allocation in `failed`. */
#ifndef SX_BASE_PROTOBUF_H
#define SX_BASE_PROTOBUF_H

#include <stdint.h>

#include "base/str.h"

/* Wire types: the lower three bits of a key. */
enum {
    SX_PROTOBUF_VARINT = 0,
    SX_PROTOBUF_FIXED64 = 1,
    SX_PROTOBUF_BYTES = 2,
    SX_PROTOBUF_FIXED32 = 5
};

/* Append one field; field numbers are from 1 on. Repeated fields are appended again. Negative
 * integers take ten bytes, as int32 and int64 do. */
void sx_protobuf_int(sx_str *message, int field, int64_t v);
void sx_protobuf_float(sx_str *message, int field, float v);
void sx_protobuf_double(sx_str *message, int field, double v);
void sx_protobuf_bytes(sx_str *message, int field, const void *bytes, size_t n);
/* A string in UTF-8; other bytes are escaped (base/utf8.h). */
void sx_protobuf_text(sx_str *message, int field, const char *text);
/* A finished message as a field of another; frees it. */
void sx_protobuf_message(sx_str *message, int field, sx_str *part);

/* The key and length of a field of n bytes, which the caller appends. */
void sx_protobuf_begin_bytes(sx_str *message, int field, size_t n);
/* Size of such a field in bytes, with its key and length. */
size_t sx_protobuf_size(int field, size_t n);

#endif
