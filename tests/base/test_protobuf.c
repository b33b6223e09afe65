/* Messages byte by byte, as the documentation of protocol buffers encodes them. */
#include <stdlib.h>
#include <string.h>

#include "base/protobuf.h"
#include "support/check.h"

static void check_bytes(sx_str *s, const char *want, size_t n) {
    assert_false(s->failed);
    assert_int_equal(s->len, n);
    assert_memory_equal(s->data, want, n);
    sx_str_free(s);
}

#define CHECK_BYTES(s, want) check_bytes(&(s), want, sizeof(want) - 1)

static void fields_are_encoded_as_documented(void **state) {
    (void)state;
    sx_str s = { 0 };
    sx_protobuf_int(&s, 1, 150);
    CHECK_BYTES(s, "\x08\x96\x01");
    sx_protobuf_int(&s, 1, 0);
    CHECK_BYTES(s, "\x08\x00");
    sx_protobuf_int(&s, 1, -2);
    CHECK_BYTES(s, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    sx_protobuf_text(&s, 2, "testing");
    CHECK_BYTES(s, "\x12\x07testing");
    sx_protobuf_text(&s, 2, "");
    CHECK_BYTES(s, "\x12\x00");
    sx_protobuf_text(&s, 2, "R\xf6");
    CHECK_BYTES(s, "\x12\x05R\\xf6");
    sx_protobuf_bytes(&s, 20, "\xff\0", 2);
    CHECK_BYTES(s, "\xa2\x01\x02\xff\x00");
    sx_protobuf_float(&s, 3, -1);
    CHECK_BYTES(s, "\x1d\x00\x00\x80\xbf");
    sx_protobuf_double(&s, 1, 1);
    CHECK_BYTES(s, "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f");
}

static void messages_are_nested(void **state) {
    (void)state;
    sx_str whole = { 0 }, part = { 0 }, empty = { 0 }, broken = { .failed = true };
    sx_protobuf_int(&part, 1, 150);
    sx_protobuf_message(&whole, 3, &part);
    assert_null(part.data);
    sx_protobuf_message(&whole, 4, &empty);
    CHECK_BYTES(whole, "\x1a\x03\x08\x96\x01\x22\x00");
    sx_protobuf_message(&whole, 5, &broken);
    assert_true(whole.failed);
    sx_str_free(&whole);
}

static void sizes_are_those_of_the_bytes(void **state) {
    (void)state;
    static const size_t sizes[] = { 0, 1, 127, 128, 16383, 16384, 100000 };
    static const int fields[] = { 1, 15, 16, 2047, 2048 };
    char *bytes = calloc(100000, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
            sx_str s = { 0 };
            sx_protobuf_bytes(&s, fields[k], bytes, sizes[i]);
            assert_int_equal(s.len, sx_protobuf_size(fields[k], sizes[i]));
            sx_str_free(&s);
        }
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_encoded_as_documented),
        cmocka_unit_test(messages_are_nested),
        cmocka_unit_test(sizes_are_those_of_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
