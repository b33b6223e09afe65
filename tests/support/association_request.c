#include "association_request.h"

#include <string.h>

typedef struct item {
    uint8_t *bytes;
    size_t n;
} item;

static void put(item *to, const void *bytes, size_t n) {
    memcpy(to->bytes + to->n, bytes, n);
    to->n += n;
}

/* An item of type `type`, reserved byte, length of 16 bits. */
static void put_item(item *to, uint8_t type, const void *bytes, size_t n) {
    const uint8_t head[] = { type, 0, (uint8_t)(n >> 8), (uint8_t)n };
    put(to, head, sizeof head);
    put(to, bytes, n);
}

static void put_text(item *to, uint8_t type, const char *text) {
    put_item(to, type, text, strlen(text));
}

static void put_context(item *to, uint8_t id, const char *sop_class, const char *syntax) {
    uint8_t bytes[200] = { id, 0, 0, 0 };
    item context = { bytes, 4 };
    put_text(&context, 0x30, sop_class);
    put_text(&context, 0x40, syntax);
    put_item(to, 0x20, context.bytes, context.n);
}

#define COMMITMENT "1.2.840.10008.1.20.1"

static void put_user(item *to) {
    static const uint8_t pdu_size[] = { 0, 0, 0x40, 0 },
                         role[] = "\0\x14" COMMITMENT "\1\1"; /* SCU and SCP */
    uint8_t bytes[200];
    item user = { bytes, 0 };
    put_item(&user, 0x51, pdu_size, sizeof pdu_size);
    put_text(&user, 0x52, "1.2.3.4");
    put_item(&user, 0x54, role, sizeof role - 1);
    put_item(to, 0x50, user.bytes, user.n);
}

static item begin_request(uint8_t out[ASSOCIATION_REQUEST]) {
    static const uint8_t head[] = { 1, 0, 0, 0, 0, 0, 0, 1, 0, 0 }, reserved[32];
    item request = { out, 0 };
    put(&request, head, sizeof head);
    put(&request, "SPINEXR         SENDER          ", 32);
    put(&request, reserved, sizeof reserved);
    put_text(&request, 0x10, "1.2.840.10008.3.1.1.1");
    return request;
}

static size_t end_request(item *request) {
    put_user(request);
    request->bytes[4] = (uint8_t)((request->n - 6) >> 8);
    request->bytes[5] = (uint8_t)(request->n - 6);
    return request->n;
}

size_t association_request(uint8_t out[ASSOCIATION_REQUEST]) {
    static const char implicit[] = "1.2.840.10008.1.2";
    item request = begin_request(out);
    put_context(&request, 1, "1.2.840.10008.1.1", implicit);
    put_context(&request, 3, "1.2.840.10008.5.1.4.1.1.1.1", implicit);
    put_context(&request, 5, COMMITMENT, implicit);
    return end_request(&request);
}

size_t association_request_for(uint8_t out[ASSOCIATION_REQUEST], const char *sop_class,
                               const char *syntax) {
    item request = begin_request(out);
    put_context(&request, 1, sop_class, syntax);
    put_context(&request, 3, "1.2.840.10008.1.1", "1.2.840.10008.1.2");
    return end_request(&request);
}
