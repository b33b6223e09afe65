/* JPEG-LS streams of every kind that one component can have, written by CharLS 2.4.1 from
 * pictures drawn by a formula. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/decode.h"
#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"

enum { ROWS = 9, COLUMNS = 11, PIXELS = ROWS * COLUMNS, ROOM = 256 };

static sx_error err;

/* Streams in hexadecimal. The last two have explicit thresholds and RESET; that of 16 bits has them
 * too, as CharLS writes the defaults for more than 12 bits. */
static const struct {
    int bits, near;
    size_t n;
    const char *hex;
} streams[] = {
    { 2, 0, 42,
      "ffd8fff7000b020009000b01011100ffda0008010100000000fce9ff2bf9faa27fefb5d673fed9e0"
      "ffd9" },
    { 3, 0, 50,
      "ffd8fff7000b030009000b01011100ffda0008010100000000f9cf07f554f9a4bebe74a3fd5fce6c"
      "d9e7b3fd6df37240ffd9" },
    { 4, 0, 59,
      "ffd8fff7000b040009000b01011100ffda0008010100000000f3ff6c06aaf5839492913d5975487d"
      "f4db9ca4959aabf29007db7bbd29299080ffd9" },
    { 5, 0, 68,
      "ffd8fff7000b050009000b01011100ffda0008010100000000ef6f6f00019556ac0034444884410e"
      "25489248002ff18df49122228ea19249213b56d98fee9270c630ffd9" },
    { 6, 0, 84,
      "ffd8fff7000b060009000b01011100ffda0008010100000000db66abd5c00001f2aaac600000e442"
      "18863086008f191084212410000037ff43032732333100923c6458889260000bf30c0d28d9b230a7"
      "1ce0ffd9" },
    { 7, 0, 97,
      "ffd8fff7000b070009000b01011100ffda0008010100000000cc6181adef792000007e55d6018000"
      "01d0c20a28c30c380c2e7842232020446000001bf7f006000c9e1d88639cc2e3e35e26c464500000"
      "1837dc00c006252c562149222448d0ffd9" },
    { 8, 0, 106,
      "ffd8fff7000b080009000b01011100ffda0008010100000000ab8e1c0aebe54c9b000001fd925648"
      "02800000ea79459a7891634050b82630c510e0404296000001c1afa00700072bc298f28c3c0e5e3e"
      "56ee6290510e50895eb0038005000557ac31c4921511191dffd9" },
    { 12, 0, 158,
      "ffd8fff7000b0c0009000b01011100ffda0008010100000000b692c6730c0c2fe95936621ada4000"
      "000007ff30204104204082000da000000003ae51e653e4a634c408ae1b802705c411b7131d060180"
      "08c08c62284a4000000000e16c1084220840c880039967e5586f0278cc3e0538df0898c3989b108d"
      "e2e8b6311425013e5108b5044444195003c800551715cd905f3ac993188112d9d112b187ffd9" },
    { 16, 0, 229,
      "ffd8fff7000b100009000b01011100fff8000d01ffff0012004301140040ffda0008010100000000"
      "b7392e5d1262b8a271fee571cdca88b28b9a800000000000ff7f600401004020100804040006e700"
      "05d065f58caf4d28d0d1c10082bb06e9845e05d0c11701d00000b8000310004b0004ac08a808a408"
      "a008995188000002b5a02701381381181180f80f80f04648003a2968ae5d58baf4528b4d143ff057"
      "20dcb08c08ba898b95b48aa73d18906231888621188062054600000db0810c08604301f81f81f46b"
      "801e8445cc5d05744e5bd8aef3f2898d0e3fd8579cdda88c38ba98ffd9" },
    { 4, 1, 47,
      "ffd8fff7000b040009000b01011100ffda0008010100010000f7ac9f51ab7f79d674e8f5ff79d5f3"
      "267fd9c5a0ffd9" },
    { 7, 2, 65,
      "ffd8fff7000b070009000b01011100ffda0008010100020000ef7b6d8003555b3003492244467349"
      "2492400bfe6c0f9248854e1a949248dd6b6dbd4910d998ffd9" },
    { 12, 3, 120,
      "ffd8fff7000b0c0009000b01011100ffda0008010100030000aa9913a364e6a236f7b000000000c4"
      "2108908440f80000001b955322e78546cc8321e88594247971e105cb970000000e444a8903a0366f"
      "c6d102e744c68c802403c2165102c587972e58b8b092b3502607df7a7265f2c7090ae2719842ffd9" },
    { 3, 0, 64,
      "ffd8fff7000b030009000b01011100fff8000d0100070002000200030005ffda0008010100000000"
      "f9cf07f554f9a4bebe74a0feafe7366cf3b1fd6df369ffd9" },
    { 12, 0, 177,
      "ffd8fff7000b0c0009000b01011100fff8000d010fff000203ff07ff0005ffda0008010100000000"
      "b692dca6089b1ee54c00f2226dbc000000007ff6040820842102000da000000003ae51b63bd8a334"
      "0fe168388240db411970540260fc5f1785d1705b2900011c88892138460f332000e6000000003341"
      "28c27793aeb102262578c55b9989115fbb09a2609825c96254a2004fa50fc76371951801e444c5c5"
      "73e34a3bd0a233cfd16537ec646040ffd9" },
};
enum { STREAMS = sizeof streams / sizeof *streams };

/* Curves, and flat rows for runs. */
static int drawn(int x, int y, int bits) {
    const int max = (1 << bits) - 1;
    return y % 3 == 1 ? max / 2 : (int)((long)(x * x + 7 * y) * max / 176);
}

static void unhex(const char *hex, size_t n, uint8_t *out) {
    for (size_t i = 0; i < n; i++) {
        const char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static sx_film *open_stream(const uint8_t *bytes, size_t n, int bits) {
    const dicom_shape s = { .rows = ROWS,
                            .columns = COLUMNS,
                            .bits_allocated = bits > 8 ? 16 : 8,
                            .bits_stored = (uint16_t)bits };
    sx_str stream = { 0 };
    test_dicom d;
    sx_str_append(&stream, bytes, n);
    dicom_begin(&d, "1.2.840.10008.1.2.4.80");
    dicom_image(&d, &s);
    dicom_fragments(&d, &stream, 1);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    dicom_end(&d);
    sx_str_free(&stream);
    return f;
}

static void test_streams(void **state) {
    (void)state;
    for (int i = 0; i < STREAMS; i++) {
        uint8_t bytes[ROOM];
        unhex(streams[i].hex, streams[i].n, bytes);
        sx_film *f = open_stream(bytes, streams[i].n, streams[i].bits);
        if (!f) fail_msg("stream %d: %s", i, err.message);
        for (int p = 0; p < PIXELS; p++) {
            const int want = drawn(p % COLUMNS, p / COLUMNS, streams[i].bits),
                      got = sx_film_value(f, (size_t)p);
            if (abs(got - want) > streams[i].near)
                fail_msg("stream %d: pixel %d is %d, not %d", i, p, got, want);
        }
        assert_int_equal(f->info.lossy_stream, streams[i].near > 0);
        sx_film_free(f);
    }
}

/* Every beginning that lacks more than the end marker is refused. */
static void test_cut(void **state) {
    (void)state;
    for (int i = 0; i < STREAMS; i++)
        for (size_t n = 0; n + 3 < streams[i].n; n++) {
            uint8_t bytes[ROOM];
            unhex(streams[i].hex, streams[i].n, bytes);
            sx_film *f = open_stream(bytes, n, streams[i].bits);
            if (f) fail_msg("%zu bytes of stream %d are taken for a film", n, i);
        }
}

/* What the decoder does not have is refused, and so are parameters that cannot be. */
static void test_refused(void **state) {
    (void)state;
    static const struct {
        int stream; /* of 8 bits, or with parameters */
        size_t at;
        uint8_t byte;
    } cases[] = { { 6, 21, 1 },   /* a mapping table */
                  { 6, 22, 200 }, /* NEAR of more than half the range */
                  { 6, 23, 1 },   /* interleaved */
                  { 6, 24, 1 },   /* a point transform */
                  { 12, 19, 2 },  /* LSE with a mapping table */
                  { 12, 21, 99 }, /* MAXVAL beyond the precision */
                  { 12, 23, 9 },  /* thresholds in the wrong order */
                  { 12, 29, 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int k = cases[i].stream;
        uint8_t bytes[ROOM];
        unhex(streams[k].hex, streams[k].n, bytes);
        bytes[cases[i].at] = cases[i].byte;
        sx_film *f = open_stream(bytes, streams[k].n, streams[k].bits);
        CHECK_FAILS(f, err, SX_ERR_FORMAT, "the JPEG-LS stream's parameters cannot be read");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_streams), cmocka_unit_test(test_cut),
                                        cmocka_unit_test(test_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
