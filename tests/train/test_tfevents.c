/* Event files, read by an independent decoder: bit by bit checksums, and message fields in any
 * order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "support/check.h"
#include "train/tfevents.h"

typedef struct event {
    double wall;
    long long step;
    char version[32];
    struct {
        char tag[32];
        float value;
    } items[4];
    int item_count;
} event;

/* Polynomial division, as RFC 3720 describes it: one bit at a time over the reflected register. */
static uint32_t crc32c(const uint8_t *p, size_t n) {
    uint32_t c = ~0U;
    for (size_t i = 0; i < 8 * n; i++) {
        const uint32_t bit = (uint32_t)(p[i / 8] >> (i % 8)) & 1;
        c = ((c ^ bit) & 1) ? (c >> 1) ^ 0x82F63B78U : c >> 1;
    }
    return ~c;
}

static uint32_t unmask(uint32_t masked) {
    const uint32_t c = masked - 0xA282EAD8U;
    return (c >> 17) | (c << 15);
}

static uint64_t varint(const uint8_t **p, const uint8_t *end) {
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(*p < end && shift < 64);
        v |= (uint64_t)(**p & 0x7F) << shift;
        if (!(*(*p)++ & 0x80)) return v;
    }
}

/* A field's bytes, or its number as bytes. */
static unsigned field(const uint8_t **p, const uint8_t *end, const uint8_t **bytes, uint64_t *n) {
    const uint64_t tag = varint(p, end);
    if ((tag & 7) == 0) {
        *n = varint(p, end);
        *bytes = NULL;
        return (unsigned)(tag >> 3);
    }
    *n = (tag & 7) == 1 ? 8 : (tag & 7) == 5 ? 4 : varint(p, end);
    assert_true((tag & 7) != 3 && (tag & 7) != 4 && *n <= (uint64_t)(end - *p));
    *bytes = *p;
    *p += *n;
    return (unsigned)(tag >> 3);
}

/* A number has no bytes. */
static void copy_bytes(void *to, const uint8_t *bytes, uint64_t n) {
    assert_non_null(bytes);
    memcpy(to, bytes, n);
}

static void read_value(event *e, const uint8_t *p, const uint8_t *end) {
    const uint8_t *bytes;
    uint64_t n;
    assert_true(e->item_count < 4);
    while (p < end) {
        const unsigned f = field(&p, end, &bytes, &n);
        if (f == 1) copy_bytes(e->items[e->item_count].tag, bytes, n);
        if (f == 2) copy_bytes(&e->items[e->item_count].value, bytes, 4);
    }
    e->item_count++;
}

static event read_event(const uint8_t *p, size_t size) {
    event e = { 0 };
    const uint8_t *end = p + size, *bytes;
    uint64_t n;
    while (p < end) {
        switch (field(&p, end, &bytes, &n)) {
        case 1:
            copy_bytes(&e.wall, bytes, 8);
            break;
        case 2:
            e.step = (long long)n;
            break;
        case 3:
            copy_bytes(e.version, bytes, n);
            break;
        case 5:
            for (const uint8_t *q = bytes, *to = bytes + n; q < to;) {
                assert_int_equal(field(&q, to, &bytes, &n), 1);
                read_value(&e, bytes, bytes + n);
            }
            break;
        default:
            fail_msg("a field that is not looked for");
        }
    }
    return e;
}

static int read_file(const char *path, event *to, int most) {
    sx_error err = { 0 };
    sx_file f;
    int count = 0;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_non_null(f.data);
    for (size_t at = 0; at < f.size; count++) {
        uint64_t n;
        uint32_t check[2];
        assert_true(count < most && f.size - at >= 16);
        memcpy(&n, f.data + at, 8);
        memcpy(&check[0], f.data + at + 8, 4);
        assert_true(n <= f.size - at - 16);
        memcpy(&check[1], f.data + at + 12 + n, 4);
        assert_int_equal(unmask(check[0]), crc32c(f.data + at, 8));
        assert_int_equal(unmask(check[1]), crc32c(f.data + at + 12, n));
        to[count] = read_event(f.data + at + 12, n);
        at += 16 + n;
    }
    sx_file_close(&f);
    return count;
}

static void put(const char *path, long from, long first, long last) {
    sx_error err = { 0 };
    sx_tfevents *t = sx_tfevents_open(path, from, &err);
    CHECK_OK(t != NULL, err);
    for (long i = first; i <= last; i++) {
        const sx_tfscalar s[] = { { "loss/total", 0.5 / (double)(i + 1) },
                                  { "rate", 1e-3 * (double)i } };
        CHECK_OK(sx_tfevents_put(t, i, s, 2, &err), err);
    }
    sx_tfevents_close(t);
}

static void check_steps(const event *e, int count, long last) {
    assert_int_equal(count, last + 2);
    assert_string_equal(e[0].version, "brain.Event:2");
    for (int i = 1; i < count; i++) {
        assert_int_equal(e[i].step, i - 1);
        assert_int_equal(e[i].item_count, 2);
        assert_true(e[i].wall > 1.7e9 && e[i].wall >= e[i - 1].wall);
        assert_string_equal(e[i].items[0].tag, "loss/total");
        assert_string_equal(e[i].items[1].tag, "rate");
        assert_true(e[i].items[0].value == (float)(0.5 / i) &&
                    e[i].items[1].value == (float)(1e-3 * (i - 1)));
    }
}

static void test_known_checksum(void **state) {
    (void)state;
    assert_int_equal(crc32c((const uint8_t *)"123456789", 9),
                     0xE3069283U); /* the catalogue's check value */
}

static void test_decoded(void **state) {
    (void)state;
    static event e[400];
    const char *path = check_tmp_path("events.out.tfevents.a");
    put(path, 0, 0, 299); /* steps of more than one byte as a varint */
    check_steps(e, read_file(path, e, 400), 299);
}

static void test_goes_on(void **state) {
    (void)state;
    static event e[64];
    sx_error err = { 0 };
    sx_file f;
    const char *path = check_tmp_path("events.out.tfevents.b");
    put(path, 0, 0, 20);
    put(path, 8, 8, 12); /* steps 8 to 20 are taken back */
    check_steps(e, read_file(path, e, 64), 12);
    CHECK_OK(sx_file_open(&f, path, &err), err); /* cut within the last event, as a crash does */
    char *bytes = malloc(f.size);
    const size_t n = f.size - 5;
    memcpy(bytes, f.data, n);
    sx_file_close(&f);
    CHECK_OK(sx_write_file(path, bytes, n, &err), err);
    free(bytes);
    put(path, 12, 12, 14);
    check_steps(e, read_file(path, e, 64), 14);
    put(path, 0, 0, 3); /* a new run */
    check_steps(e, read_file(path, e, 64), 3);
}

static void test_full_disk(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_FAILS(sx_tfevents_open("/dev/null/x", 0, &err) != NULL, err, SX_ERR_IO, "/dev/null/x");
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_known_checksum),
                                        cmocka_unit_test(test_decoded),
                                        cmocka_unit_test(test_goes_on),
                                        cmocka_unit_test(test_full_disk) };
    return cmocka_run_group_tests_name("tfevents", tests, NULL, clean);
}
