/* The safetensors format, good and bad, and files written to a full disk. */
#include "support/check.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "tensor/weights.h"

static int teardown(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* length, header, then `data` bytes 0, 1, 2, ... */
static sx_str file_of(const char *header, size_t data) {
    sx_str s = { 0 };
    uint64_t n = strlen(header);
    uint8_t length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(n >> (8 * i));
    sx_str_append(&s, length, 8);
    sx_str_add(&s, header);
    for (size_t i = 0; i < data; i++)
        sx_str_append(&s, &(uint8_t){ (uint8_t)i }, 1);
    assert_false(s.failed);
    return s;
}

#define A(shape, begin, end)                                                                       \
    "\"a\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

static void files_are_read(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str s =
        file_of("{\"__metadata__\":{\"arch\":\"densenet121\",\"note\":\"\xc3\xa9\"},"
                "\"b.weight\":{\"dtype\":\"U8\",\"shape\":[2,3],\"data_offsets\":[4,10]}," A(
                    "[]", "0", "4") ",\"none\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":"
                                    "[10,10]}}  ",
                10);
    sx_weights *w = sx_weights_open_memory(s.data, s.len, "two.safetensors", &err);
    CHECK_OK(w, err);
    assert_int_equal(sx_weights_count(w), 3);
    assert_string_equal(sx_weights_path(w), "two.safetensors");
    const sx_tensor *b = sx_weights_find(w, "b.weight"), *a = sx_weights_find(w, "a");
    assert_true(a && a->ndim == 0 && a->bytes == 4);
    assert_true(b && b->ndim == 2 && b->dims[0] == 2 && b->dims[1] == 3);
    assert_memory_equal(b->data, "\4\5\6\7\10\11", 6);
    assert_ptr_equal(b->data, s.data + s.len - 6); /* not copied */
    assert_int_equal(sx_tensor_count(sx_weights_find(w, "none")), 0);
    assert_null(sx_weights_find(w, "b"));
    assert_string_equal(sx_weights_meta(w, "arch"), "densenet121");
    assert_string_equal(sx_weights_meta(w, "note"), "\xc3\xa9");
    assert_null(sx_weights_meta(w, "__metadata__"));
    sx_weights_free(w);
    sx_str_free(&s);
}

static void bad_files_are_named(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        sx_error_code code;
        const char *text;
    } cases[] = {
        { "{" A("[2]", "0", "8") "}", 7, SX_ERR_FORMAT, "truncated: tensor a ends at byte 8 of 7" },
        { "{" A("[2]", "0", "4") "}", 8, SX_ERR_FORMAT, "tensor a: 4 bytes do not fit its shape" },
        { "{" A("[2]", "4", "0") "}", 8, SX_ERR_FORMAT, "[begin, end]" },
        { "{" A("[2]", "-4", "4") "}", 8, SX_ERR_FORMAT, "[begin, end]" },
        { "{" A("[2]", "0.0", "8") "}", 8, SX_ERR_FORMAT, "[begin, end]" },
        { "{" A("[2]", "0", "9223372036854775807") "}", 8, SX_ERR_FORMAT, "truncated: tensor a" },
        { "{" A("[2]", "0", "99999999999999999999") "}", 8, SX_ERR_FORMAT, "not a JSON object" },
        { "{" A("[-2]", "0", "8") "}", 8, SX_ERR_FORMAT, "not a whole number" },
        { "{" A("[2.0]", "0", "8") "}", 8, SX_ERR_FORMAT, "not a whole number" },
        { "{" A("2", "0", "8") "}", 8, SX_ERR_FORMAT, "not a list" },
        { "{" A("[1,1,1,1,1,1,1,1,2]", "0", "8") "}", 8, SX_ERR_FORMAT, "at most 8" },
        { "{" A("[4294967296,4294967296]", "0", "0") "}", 8, SX_ERR_FORMAT,
          "do not fit its shape" },
        { "{" A("[4611686018427387904]", "0", "0") "}", 8, SX_ERR_FORMAT, "do not fit its shape" },
        { "{" A("[2]", "0", "8") "," A("[2]", "8", "16") "}", 16, SX_ERR_FORMAT, "duplicate" },
        { "{" A("[2]", "0",
                "8") ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
          12, SX_ERR_FORMAT, "tensors a and b overlap" },
        { "{" A("[2]", "0", "8") ",\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}",
          12, SX_ERR_FORMAT, "tensors a and b overlap" },
        { "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2,
          SX_ERR_UNSUPPORTED, "tensor a: number type F8_E4M3" },
        { "{\"a\":{\"shape\":[2],\"data_offsets\":[0,2]}}", 2, SX_ERR_UNSUPPORTED, "(none)" },
        { "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}", 0, SX_ERR_FORMAT, "shape" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[0]}}", 0, SX_ERR_FORMAT, "[begin, end]" },
        { "{\"a\":7}", 0, SX_ERR_UNSUPPORTED, "tensor a" },
        { "{\"__metadata__\":{\"a\":1}}", 0, SX_ERR_FORMAT, "metadata a is not a string" },
        { "{\"__metadata__\":[]}", 0, SX_ERR_FORMAT, "__metadata__ is not an object" },
        { "[]", 0, SX_ERR_FORMAT, "not a weight file" },
        { "{\"a\":", 0, SX_ERR_FORMAT, "not a JSON object" },
        { "{} x", 0, SX_ERR_FORMAT, "not a JSON object" },
        { "{\"\xff\":{}}", 0, SX_ERR_FORMAT, "not a JSON object" },
        { "{\"a\\u0000b\":{}}", 0, SX_ERR_FORMAT, "not a JSON object" },
        { "", 0, SX_ERR_FORMAT, "not a JSON object" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sx_error err = { 0 };
        sx_str s = file_of(cases[i].header, cases[i].data);
        sx_weights *w = sx_weights_open_memory(s.data, s.len, "bad", &err);
        if (w) fail_msg("%s was taken", cases[i].header);
        check_error(&err, cases[i].code, cases[i].text);
        assert_int_equal(strncmp(err.message, "bad: ", 5), 0);
        sx_str_free(&s);
    }
}

static void test_bad_length(void **state) {
    (void)state;
    sx_error err = { 0 };
    assert_null(sx_weights_open_memory("", 0, "empty", &err));
    check_error(&err, SX_ERR_FORMAT, "empty: truncated");
    assert_null(sx_weights_open_memory("\2\0\0\0\0\0\0", 7, "seven", &err));
    check_error(&err, SX_ERR_FORMAT, "truncated");
    assert_null(sx_weights_open_memory("\3\0\0\0\0\0\0\0{}", 10, "three", &err));
    check_error(&err, SX_ERR_FORMAT, "truncated");
    assert_null(sx_weights_open_memory("\377\377\377\377\377\377\377\377{}", 10, "giant", &err));
    check_error(&err, SX_ERR_FORMAT, "not a weight file");
    static const char text[] = "This is a letter, not a network.\n";
    assert_null(sx_weights_open_memory(text, sizeof text - 1, "letter.txt", &err));
    check_error(&err, SX_ERR_FORMAT, "letter.txt: not a weight file");
}

/* JSON as deep as the file is long */
static void test_deep_header(void **state) {
    (void)state;
    enum { DEPTH = 200000 };
    sx_error err = { 0 };
    char *header = malloc(DEPTH + 8);
    assert_non_null(header);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', DEPTH);
    header[5 + DEPTH] = '\0';
    sx_str s = file_of(header, 0);
    assert_null(sx_weights_open_memory(s.data, s.len, "deep", &err));
    check_error(&err, SX_ERR_FORMAT, "not a JSON object");
    sx_str_free(&s);
    free(header);
}

/* A header of 640 bytes begins like a pickle. */
static void test_not_a_pickle(void **state) {
    (void)state;
    sx_error err = { 0 };
    char header[641];
    memset(header, ' ', 640);
    memcpy(header, "{}", 2);
    header[640] = '\0';
    sx_str s = file_of(header, 0);
    assert_int_equal((uint8_t)s.data[0], 0x80);
    assert_int_equal(s.data[1], 2);
    sx_weights *w = sx_weights_open_memory(s.data, s.len, "pickle?", &err);
    CHECK_OK(w, err);
    assert_int_equal(sx_weights_count(w), 0);
    sx_weights_free(w);
    sx_str_free(&s);
}

/* ---- writing ---- */

static sx_weights *some_weights(int64_t n) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    float *a = sx_weights_add_empty(w, "z.last\"\n", SX_F32, 2, (int64_t[]){ n, 3 }, &err);
    CHECK_OK(a, err);
    for (int64_t i = 0; i < 3 * n; i++)
        a[i] = (float)i * 0.5F - 1;
    if (n) a[1] = NAN;
    int64_t *count = sx_weights_add_empty(w, "count", SX_I64, 0, NULL, &err);
    CHECK_OK(count, err);
    *count = -5;
    const uint16_t half[] = { 0x3f80, 0xc000 };
    CHECK_OK(sx_weights_add(w,
                            &(sx_tensor){ .name = "\xc3\xa9",
                                          .dtype = SX_BF16,
                                          .ndim = 1,
                                          .dims = { 2 },
                                          .data = half,
                                          .bytes = 4 },
                            &err),
             err);
    CHECK_OK(sx_weights_set_meta(w, "arch", "densenet121", &err), err);
    CHECK_OK(sx_weights_set_meta(w, "text", "two\nlines \"quoted\" \xe2\x82\xac", &err), err);
    return w;
}

static void check_equal(const sx_weights *a, const sx_weights *b) {
    assert_int_equal(sx_weights_count(a), sx_weights_count(b));
    for (size_t i = 0; i < sx_weights_count(a); i++) {
        const sx_tensor *x = sx_weights_at(a, i), *y = sx_weights_at(b, i);
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->dtype, y->dtype);
        assert_int_equal(x->ndim, y->ndim);
        assert_int_equal(x->bytes, y->bytes);
        assert_memory_equal(x->dims, y->dims, sizeof x->dims);
        assert_memory_equal(x->data, y->data, x->bytes);
    }
    assert_int_equal(sx_weights_meta_count(a), sx_weights_meta_count(b));
    for (size_t i = 0; i < sx_weights_meta_count(a); i++) {
        const char *key, *value;
        assert_true(sx_weights_meta_at(a, i, &key, &value));
        assert_string_equal(sx_weights_meta(b, key), value);
    }
}

/* From 6 numbers (read) to 600,000 (mapped) */
static void files_are_saved(void **state) {
    (void)state;
    static const int64_t sizes[] = { 0, 2, 200000 };
    for (int i = 0; i < 3; i++) {
        sx_error err = { 0 };
        sx_weights *w = some_weights(sizes[i]);
        const char *path = check_tmp_path("saved.safetensors");
        CHECK_OK(sx_weights_save(w, path, &err), err);
        sx_weights *back = sx_weights_open(path, &err);
        CHECK_OK(back, err);
        check_equal(w, back);
        assert_int_equal(truncate(path, 0), 0); /* the open set stays as it is */
        check_equal(w, back);
        CHECK_OK(sx_weights_save(w, path, &err), err);

        sx_file f;
        CHECK_OK(sx_file_open(&f, path, &err), err);
        uint64_t length = 0;
        memcpy(&length, f.data, 8);
        assert_int_equal((8 + length) % 64, 0);
        sx_file_close(&f);
        CHECK_OK(sx_weights_save(back, path, &err), err); /* over the file that it reads from */
        sx_weights_free(back);
        back = sx_weights_open(path, &err);
        CHECK_OK(back, err);
        check_equal(w, back);
        sx_weights_free(back);
        sx_weights_free(w);
    }
}

static void test_save_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = some_weights(2);
    const char *path = check_tmp_path("no-folder/saved.safetensors");
    CHECK_FAILS(sx_weights_save(w, path, &err), err, SX_ERR_IO,
                "no-folder/saved.safetensors: cannot write");
    assert_non_null(sx_weights_add_empty(w, "not \xff text", SX_U8, 0, NULL, &err));
    path = check_tmp_path("name.safetensors");
    CHECK_FAILS(sx_weights_save(w, path, &err), err, SX_ERR_UNSUPPORTED,
                "name.safetensors: the tensor's name not \\xff text is not UTF-8");
    assert_false(sx_path_exists(path));
    sx_weights_free(w);
    w = some_weights(2);
    CHECK_OK(sx_weights_set_meta(w, "not \xff text", "value", &err), err);
    CHECK_FAILS(sx_weights_save(w, path, &err), err, SX_ERR_UNSUPPORTED,
                "name.safetensors: the metadata's key not \\xff text is not UTF-8");
    assert_false(sx_path_exists(path));
    sx_weights_free(w);
}

/* A path among the metadata need not be UTF-8; it is escaped, not left out. */
static void test_metadata_not_utf8(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = some_weights(2);
    const char *path = check_tmp_path("meta.safetensors");
    CHECK_OK(sx_weights_set_meta(w, "spinexr.chosen_on", "R\xf6ntgen.csv", &err), err);
    CHECK_OK(sx_weights_save(w, path, &err), err);
    sx_weights_free(w);
    w = sx_weights_open(path, &err);
    CHECK_OK(w != NULL, err);
    assert_string_equal(sx_weights_meta(w, "spinexr.chosen_on"), "R\\xf6ntgen.csv");
    sx_weights_free(w);
}

/* ---- the checksum ---- */

/* Each single bit of a file that we wrote is flipped. It may go undetected only in the checksum's
 * own key; all else is then unchanged. */
static void test_flipped_bits(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = some_weights(3);
    const char *path = check_tmp_path("flip.safetensors");
    sx_file f;
    size_t passed = 0;
    CHECK_OK(sx_weights_save(w, path, &err) && sx_file_open(&f, path, &err), err);
    uint8_t *bytes = malloc(f.size);
    memcpy(bytes, f.data, f.size);
    for (size_t bit = 0; bit < 8 * f.size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        err = (sx_error){ 0 };
        sx_weights *back = sx_weights_open_memory(bytes, f.size, "flip", &err);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (!back) {
            assert_true(strncmp(err.message, "flip: ", 6) == 0);
            continue;
        }
        assert_int_equal(sx_weights_meta_count(back), sx_weights_meta_count(w) + 1);
        assert_int_equal(sx_weights_count(back), sx_weights_count(w));
        passed++;
        sx_weights_free(back);
    }
    assert_true(passed > 0 && passed <= 8 * strlen("spinexr.checksum"));
    bytes[f.size - 1] ^= 1;
    CHECK_FAILS(sx_weights_open_memory(bytes, f.size, "last", &err), err, SX_ERR_FORMAT,
                "last: its checksum is xxh64:");
    free(bytes);
    sx_file_close(&f);
    sx_weights_free(w);
}

/* The header of some_weights(1) as another program may write it: in another order. */
#define OTHER_ORDER(meta)                                                                          \
    "{\"count\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"                          \
    "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[8,12]},\"__metadata__\":{" meta "}}"

static void test_checksum_of_others(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w, err);
    uint8_t bytes[] = { 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7 };
    const sx_tensor b = { .name = "b",
                          .dtype = SX_U8,
                          .ndim = 1,
                          .dims = { 4 },
                          .data = bytes,
                          .bytes = 4 },
                    count = { .name = "count", .dtype = SX_I64, .data = bytes + 4, .bytes = 8 };
    CHECK_OK(sx_weights_add(w, &b, &err) && sx_weights_add(w, &count, &err), err);
    CHECK_OK(sx_weights_set_meta(w, "x", "1", &err), err);
    CHECK_OK(sx_weights_set_meta(w, "spinexr.checksum", "an old one", &err), err);
    const char *path = check_tmp_path("sum.safetensors");
    sx_file f;
    CHECK_OK(sx_weights_save(w, path, &err) && sx_file_open(&f, path, &err), err);
    const char *at = strstr((const char *)f.data + 8, "spinexr.checksum\":\"xxh64:");
    assert_non_null(at);
    char header[600], sum[23];
    snprintf(sum, sizeof sum, "%.22s", at + strlen("spinexr.checksum\":\""));
    sx_file_close(&f);
    /* the same tensors and metadata in another order */
    snprintf(header, sizeof header, OTHER_ORDER("\"spinexr.checksum\":\"%s\",\"x\":\"1\""), sum);
    sx_str same = file_of(header, 12);
    sx_weights *back = sx_weights_open_memory(same.data, same.len, "same", &err);
    CHECK_OK(back, err);
    assert_int_equal(sx_weights_meta_count(back), 1); /* it is the file's */
    sx_weights_free(back);
    /* other metadata with the old checksum, and without one */
    snprintf(header, sizeof header, OTHER_ORDER("\"spinexr.checksum\":\"%s\",\"x\":\"2\""), sum);
    sx_str other = file_of(header, 12), none = file_of(OTHER_ORDER("\"x\":\"2\""), 12);
    CHECK_FAILS(sx_weights_open_memory(other.data, other.len, "other", &err), err, SX_ERR_FORMAT,
                "another program changed it");
    back = sx_weights_open_memory(none.data, none.len, "none", &err);
    CHECK_OK(back, err);
    sx_weights_free(back);
    sx_str_free(&same);
    sx_str_free(&other);
    sx_str_free(&none);
    sx_weights_free(w);
}

/* What a full disk does: the old file stays, no part of the new one remains. */
static void test_full_disk(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_weights *small = some_weights(2), *large = some_weights(100000);
    const char *path = check_tmp_path("full.safetensors");
    CHECK_OK(sx_weights_save(small, path, &err), err);

    struct rlimit old, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 300000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    bool ok = sx_weights_save(large, path, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, handler);
    assert_false(ok);
    check_error(&err, SX_ERR_IO, "full.safetensors: cannot write: ");

    sx_weights *back = sx_weights_open(path, &err);
    CHECK_OK(back, err);
    check_equal(small, back);
    sx_paths left = { 0 };
    CHECK_OK(sx_paths_walk(&left, check_tmp(), &err), err);
    for (size_t i = 0; i < left.count; i++)
        if (strstr(left.items[i], ".part")) fail_msg("%s was left", left.items[i]);
    sx_paths_free(&left);
    sx_weights_free(back);
    sx_weights_free(small);
    sx_weights_free(large);
}

static void test_open_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    assert_null(sx_weights_open(check_tmp_path("absent.safetensors"), &err));
    check_error(&err, SX_ERR_IO, "absent.safetensors: cannot open: No such file");
    assert_null(sx_weights_open(check_tmp(), &err));
    check_error(&err, SX_ERR_IO, "is a folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read),         cmocka_unit_test(bad_files_are_named),
        cmocka_unit_test(test_bad_length),        cmocka_unit_test(test_deep_header),
        cmocka_unit_test(test_not_a_pickle),      cmocka_unit_test(files_are_saved),
        cmocka_unit_test(test_metadata_not_utf8), cmocka_unit_test(test_save_refused),
        cmocka_unit_test(test_flipped_bits),      cmocka_unit_test(test_checksum_of_others),
        cmocka_unit_test(test_full_disk),         cmocka_unit_test(test_open_refused),
    };
    return cmocka_run_group_tests_name("safetensors", tests, NULL, teardown);
}
