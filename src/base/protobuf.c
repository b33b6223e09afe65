#include "base/protobuf.h"

#include <string.h>

#include "base/utf8.h"

static void put_varint(sx_str *s, uint64_t v) {
    uint8_t b[10];
    size_t n = 0;
    do {
        b[n] = (uint8_t)(v & 0x7f);
        v >>= 7;
        if (v) b[n] |= 0x80;
        n++;
    } while (v);
    sx_str_append(s, b, n);
}

static void put_key(sx_str *s, int field, int wire) {
    put_varint(s, (uint64_t)field << 3 | (uint64_t)wire);
}

void sx_protobuf_int(sx_str *message, int field, int64_t v) {
    put_key(message, field, SX_PROTOBUF_VARINT);
    put_varint(message, (uint64_t)v);
}

void sx_protobuf_float(sx_str *message, int field, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_key(message, field, SX_PROTOBUF_FIXED32);
    sx_str_append_le(message, bits, 4);
}

void sx_protobuf_double(sx_str *message, int field, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_key(message, field, SX_PROTOBUF_FIXED64);
    sx_str_append_le(message, bits, 8);
}

void sx_protobuf_begin_bytes(sx_str *message, int field, size_t n) {
    put_key(message, field, SX_PROTOBUF_BYTES);
    put_varint(message, n);
}

void sx_protobuf_bytes(sx_str *message, int field, const void *bytes, size_t n) {
    sx_protobuf_begin_bytes(message, field, n);
    if (n) sx_str_append(message, bytes, n);
}

void sx_protobuf_text(sx_str *message, int field, const char *text) {
    sx_str valid = { 0 };
    sx_utf8_escape(&valid, text);
    sx_protobuf_message(message, field, &valid);
}

void sx_protobuf_message(sx_str *message, int field, sx_str *part) {
    message->failed = message->failed || part->failed;
    sx_protobuf_bytes(message, field, part->data, part->len);
    sx_str_free(part);
}

static size_t varint_size(uint64_t v) {
    size_t n = 1;
    while (v >>= 7)
        n++;
    return n;
}

size_t sx_protobuf_size(int field, size_t n) {
    return varint_size((uint64_t)field << 3) + varint_size(n) + n;
}
