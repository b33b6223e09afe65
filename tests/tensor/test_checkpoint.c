/* PyTorch and Detectron2 checkpoints. tests/tensor/data was written by PyTorch 1.13.1 and numpy 1.24
 * (tools/make-checkpoints.py); what they never write stands here byte by byte. */
#include "support/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "tensor/weights.h"

static sx_weights *open_fixture(const char *name) {
    sx_error err = { 0 };
    char path[64];
    snprintf(path, sizeof path, "../tensor/data/%s", name);
    sx_weights *w = sx_weights_open(check_golden(path), &err);
    CHECK_OK(w, err);
    return w;
}

static void expect(const sx_weights *w, const char *name, sx_dtype dtype, const char *shape,
                   const float *values, size_t n) {
    sx_error err = { 0 };
    char buf[64];
    float got[256];
    const sx_tensor *t = sx_weights_find(w, name);
    if (!t) fail_msg("%s: no tensor %s", sx_weights_path(w), name);
    assert_int_equal(t->dtype, dtype);
    assert_string_equal(sx_tensor_shape(t, buf, sizeof buf), shape);
    assert_int_equal(sx_tensor_count(t), n);
    assert_int_equal(t->bytes, n * sx_dtype_size(dtype));
    CHECK_OK(sx_tensor_to_f32(t, 0, (int64_t)n, got, &err), err);
    check_close_f32(got, values, n, 0, name);
}

static void check_floats(const sx_weights *w) {
    float eighths[24], t[6];
    for (int i = 0; i < 24; i++)
        eighths[i] = (float)i / 8;
    for (int i = 0; i < 6; i++)
        t[i] = eighths[i % 2 * 3 + i / 2];
    const float bias[] = { 0.5F, -1.5F }, half[] = { 1, -2, 0.15625F }, three[] = { 3, 3, 3, 3 };
    expect(w, "features.conv0.weight", SX_F32, "2x3x2x2", eighths, 24);
    expect(w, "features.conv0.bias", SX_F32, "2", bias, 2);
    expect(w, "view", SX_F32, "4", eighths + 4, 4);
    expect(w, "transposed", SX_F32, "3x2", t, 6);
    expect(w, "channels_last", SX_F32, "2x3x2x2", eighths, 24);
    expect(w, "expanded", SX_F32, "2x2", three, 4);
    expect(w, "bf16", SX_BF16, "3", half, 3);
    expect(w, "f16", SX_F16, "3", half, 3);
    expect(w, "empty", SX_F32, "0x4", NULL, 0);
    const sx_tensor *d = sx_weights_find(w, "f64");
    double v[2];
    assert_true(d && d->dtype == SX_F64 && d->bytes == sizeof v);
    memcpy(v, d->data, sizeof v);
    assert_true(v[0] == 0.1 && v[1] == 1e300);
}

static void check_state(const char *name) {
    sx_weights *w = open_fixture(name);
    const float ints[] = { -7, 8 }, yes_no[] = { 1, 0 }, seven[] = { 7 };
    check_floats(w);
    expect(w, "i32", SX_I32, "2x1", ints, 2);
    expect(w, "bool", SX_BOOL, "2", yes_no, 2);
    expect(w, "norm0.num_batches_tracked", SX_I64, "scalar", seven, 1);
    assert_int_equal(sx_weights_count(w), 13);
    assert_string_equal(sx_weights_at(w, 0)->name, "features.conv0.weight");
    sx_weights_free(w);
}

static void test_zip(void **state) {
    (void)state;
    check_state("plain.pth");
}

/* {"model": ...} with DataParallel's prefix */
static void test_wrapped(void **state) {
    (void)state;
    check_state("wrapped.pth");
}

static void test_legacy(void **state) {
    (void)state;
    check_state("legacy.pth");
}

/* {"state_dict": ...} of Parameters, beside other things */
static void test_parameters(void **state) {
    (void)state;
    sx_weights *w = open_fixture("parameters.pt");
    check_floats(w);
    assert_int_equal(sx_weights_count(w), 10);
    sx_weights_free(w);
}

static void test_arrays(void **state) {
    (void)state;
    static const char *const files[] = { "arrays2.pkl", "arrays4.pkl", "arrays5.pkl" };
    float eighths[24], bytes[256];
    for (int i = 0; i < 24; i++)
        eighths[i] = (float)i / 8;
    for (int i = 0; i < 256; i++)
        bytes[i] = (float)i;
    const float two[] = { 1, -2 }, scalar[] = { 2.5F }, count[] = { 7 };
    for (int i = 0; i < 3; i++) {
        sx_weights *w = open_fixture(files[i]);
        expect(w, "stem.conv1.weight", SX_F32, "2x3x4", eighths, 24);
        expect(w, "fortran", SX_F32, "2x3x4", eighths, 24);
        expect(w, "bytes", SX_U8, "256", bytes, 256);
        expect(w, "f16", SX_F16, "2", two, 2);
        expect(w, "scalar", SX_F32, "scalar", scalar, 1);
        expect(w, "count", SX_I64, "scalar", count, 1);
        expect(w, "empty", SX_F32, "0x3", NULL, 0);
        assert_int_equal(sx_weights_count(w), 8);
        sx_weights_free(w);
    }
}

static sx_file map_fixture(const char *name) {
    sx_error err = { 0 };
    sx_file f;
    char path[64];
    snprintf(path, sizeof path, "../tensor/data/%s", name);
    CHECK_OK(sx_file_open(&f, check_golden(path), &err), err);
    return f;
}

/* Dense tensors are not copied; two that share a storage overlap. */
static void test_in_place(void **state) {
    (void)state;
    static const char *const files[] = { "plain.pth", "legacy.pth" };
    for (int i = 0; i < 2; i++) {
        sx_error err = { 0 };
        sx_file f = map_fixture(files[i]);
        sx_weights *w = sx_weights_open_memory(f.data, f.size, files[i], &err);
        CHECK_OK(w, err);
        const uint8_t *weight = sx_weights_find(w, "features.conv0.weight")->data;
        const uint8_t *view = sx_weights_find(w, "view")->data;
        assert_true(weight > f.data && weight < f.data + f.size);
        assert_ptr_equal(view, weight + 16);
        sx_weights_free(w);
        sx_file_close(&f);
    }
}

/* A part of a file is refused, and no single changed byte does harm (run with sanitizers). */
static void test_damaged(void **state) {
    (void)state;
    static const char *const files[] = { "plain.pth", "parameters.pt", "legacy.pth", "arrays2.pkl",
                                         "arrays5.pkl" };
    for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
        sx_error err = { 0 };
        sx_file f = map_fixture(files[k]);
        for (size_t n = 0; n < f.size; n++) {
            uint8_t *part = malloc(n ? n : 1); /* of that very size: reading on is seen by the sanitizer */
            memcpy(part, f.data, n);
            sx_weights *w = sx_weights_open_memory(part, n, "part", &err);
            if (w) fail_msg("%s: its first %zu bytes were taken for whole", files[k], n);
            free(part);
        }
        uint8_t *copy = malloc(f.size);
        memcpy(copy, f.data, f.size);
        for (size_t i = 0; i < f.size; i++)
            for (int bit = 0; bit < 8; bit += 3) {
                copy[i] ^= (uint8_t)(1 << bit);
                sx_weights_free(sx_weights_open_memory(copy, f.size, "changed", &err));
                copy[i] = f.data[i];
            }
        free(copy);
        sx_file_close(&f);
    }
}

/* ---- by hand ---- */

typedef struct bad {
    const char *bytes;
    size_t n;
    sx_error_code code;
    const char *text;
} bad;

#define BYTES(s) s, sizeof(s) - 1
#define DTYPE(order)                                                                                         \
    "cnumpy\ndtype\nU\2f4K\0K\1\x87R(K\3U\1" order "NNNJ\377\377\377\377J\377\377\377\377K\0tb"
#define ARRAY   "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\1b\x87R"
#define STORAGE "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0aX\3\0\0\0cpuK\4tQ"
#define TENSOR  "ctorch._utils\n_rebuild_tensor_v2\n"

static void check_bad(const bad *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sx_error err = { 0 };
        sx_weights *w = sx_weights_open_memory(cases[i].bytes, cases[i].n, "bad.pkl", &err);
        if (w) fail_msg("case %zu ('%s') was taken", i, cases[i].text);
        check_error(&err, cases[i].code, cases[i].text);
        assert_int_equal(strncmp(err.message, "bad.pkl: ", 9), 0);
    }
}

static void test_forbidden(void **state) {
    (void)state;
    static const bad cases[] = {
        { BYTES("\x80\2cos\nsystem\nX\2\0\0\0ls\x85R."), SX_ERR_UNSUPPORTED, "os.system" },
        { BYTES("\x80\4\x8c\5posix\x8c\6system\x93\x8c\2ls\x85R."), SX_ERR_UNSUPPORTED, "posix.system" },
        { BYTES("\x80\2c__builtin__\neval\n."), SX_ERR_UNSUPPORTED, "__builtin__.eval" },
        { BYTES("\x80\2ctorch\n_utils._rebuild_tensor\n."), SX_ERR_UNSUPPORTED,
          "torch._utils._rebuild_tensor," },
        { BYTES("\x80\2cnet\33[31m\nDenseNet\n."), SX_ERR_UNSUPPORTED, "net?[31m.DenseNet" },
        { BYTES("\x80\2(ios\nsystem\n."), SX_ERR_UNSUPPORTED, "INST" },
        { BYTES("\x80\2(o."), SX_ERR_UNSUPPORTED, "OBJ" },
        { BYTES("\x80\2)\x81."), SX_ERR_UNSUPPORTED, "NEWOBJ" },
        { BYTES("\x80\2\x82\1."), SX_ERR_UNSUPPORTED, "EXT1" },
        { BYTES("\x80\2Np0\n."), SX_ERR_UNSUPPORTED, "opcode PUT, which is not allowed" }, /* protocol 0 */
        { BYTES("\x80\2)Q."), SX_ERR_UNSUPPORTED, "no storage" },
        { BYTES("\x80\2ccollections\nOrderedDict\nb."), SX_ERR_FORMAT, "more from its stack" },
        { BYTES("\x80\2K\1)b."), SX_ERR_FORMAT, "sets the state of a number" },
        { BYTES("\x80\2K\1)R."), SX_ERR_FORMAT, "calls a number" },
        { BYTES("\x80\2cnumpy\nndarray\n)R."), SX_ERR_FORMAT, "numpy.ndarray with the wrong arguments" },
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
}

static void test_malformed(void **state) {
    (void)state;
    static const bad cases[] = {
        { BYTES("\x80\2}"), SX_ERR_FORMAT, "truncated" },
        { BYTES("\x80\2X\377\377\377\377model."), SX_ERR_FORMAT, "truncated" },
        { BYTES("\x80\4\x8d\377\377\377\377\377\377\377\377."), SX_ERR_FORMAT, "truncated" },
        { BYTES("\x80\2cos"), SX_ERR_FORMAT, "truncated" },
        { BYTES("\x80\2\x80\11."), SX_ERR_UNSUPPORTED, "protocol 9" },
        { BYTES("\x80\2\377."), SX_ERR_FORMAT, "0xff is no pickle opcode" },
        { BYTES("\x80\2."), SX_ERR_FORMAT, "0 values instead of one" },
        { BYTES("\x80\2NN."), SX_ERR_FORMAT, "2 values instead of one" },
        { BYTES("\x80\2N(."), SX_ERR_FORMAT, "instead of one" },
        { BYTES("\x80\2\x86."), SX_ERR_FORMAT, "more from its stack" },
        { BYTES("\x80\2N(\x85."), SX_ERR_FORMAT, "more from its stack" },
        { BYTES("\x80\2t."), SX_ERR_FORMAT, "mark" },
        { BYTES("\x80\2NNa."), SX_ERR_FORMAT, "no list" },
        { BYTES("\x80\2(e."), SX_ERR_FORMAT, "no list" },
        { BYTES("\x80\2}(Nu."), SX_ERR_FORMAT, "no dict" },
        { BYTES("\x80\2}r\377\377\377\177."), SX_ERR_FORMAT, "memo jumps to entry 2147483647 after 0" },
        { BYTES("\x80\2h\5."), SX_ERR_FORMAT, "memo entry 5" },
        { BYTES("\x80\2}q\1h\0s."), SX_ERR_FORMAT, "memo entry 0" },
        { BYTES("\x80\2}."), SX_ERR_MISSING, "holds no tensors by name, but a dict" },
        { BYTES("\x80\2]."), SX_ERR_MISSING, "but a list" },
        /* {"model": itself} */
        { BYTES("\x80\2}q\0X\5\0\0\0modelh\0s."), SX_ERR_MISSING, "but a dict" },
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
    /* another version of the legacy format, then a big-endian machine */
    static const bad legacy[] = {
        { BYTES("\x80\2\x8a\12\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xea\3.\x80\2}."),
          SX_ERR_UNSUPPORTED, "legacy format" },
        { BYTES("\x80\2\x8a\12\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3."
                "\x80\2}X\15\0\0\0little_endian\x89s."),
          SX_ERR_UNSUPPORTED, "little-endian" },
    };
    check_bad(legacy, 2);
}

static void test_bad_tensors(void **state) {
    (void)state;
    static const bad cases[] = {
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "s."), SX_ERR_FORMAT, "tensor w was never filled" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1K\2\x85" DTYPE("<") "\x89U\3abctbs."), SX_ERR_FORMAT,
          "tensor w: 3 bytes do not fit" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1K\1\x85" DTYPE(">") "\x89U\4abcdtbs."), SX_ERR_UNSUPPORTED,
          "type >f4" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1K\1\x85" DTYPE("<") "\x89]tbs."), SX_ERR_UNSUPPORTED,
          "plain numbers" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1N" DTYPE("<") "\x89U\4abcdtbs."), SX_ERR_FORMAT,
          "unknown state" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1J\377\377\377\377\x85" DTYPE("<") "\x89U\4abcdtbs."),
          SX_ERR_FORMAT, "whole number" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY
                "(K\1J\377\377\377\177J\377\377\377\177J\377\377\377\177\x87" DTYPE("<") "\x89U\4abcdtbs."),
          SX_ERR_FORMAT, "do not fit its shape" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0K\4\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "not in this file" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0K\5\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "goes beyond its storage of 4" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\1K\4\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "goes beyond" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "J\377\377\377\377K\1\x85K\1\x85\x89NtRs."),
          SX_ERR_FORMAT, "goes beyond" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0K\2\x85\x8a\10\0\0\0\0\0\0\0\x7f\x85\x89NtRs."),
          SX_ERR_FORMAT, "goes beyond" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0K\4\x85K\1K\1\x86\x89NtRs."), SX_ERR_FORMAT,
          "1 dimensions and 2 strides" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1t)\x89NtRs."),
          SX_ERR_UNSUPPORTED, "9 dimensions" },
        { BYTES("\x80\2}X\1\0\0\0\377" TENSOR "(" STORAGE "K\0K\4\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "not text: ?" },
        { BYTES("\x80\2}X\3\0\0\0a\0b" TENSOR "(" STORAGE "K\0K\4\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "not text" },
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
}

/* Python 2: str for everything, OrderedDict from a list of pairs. The same name twice. */
static void test_python2(void **state) {
    (void)state;
    sx_error err = { 0 };
#define PAIR "](U\1w" ARRAY "(K\1K\2\x85" DTYPE("<") "\x89U\10\0\0\x80?\0\0\0\xc0tbe"
    static const char pairs[] = "\x80\2}U\5modelccollections\nOrderedDict\n](" PAIR "e\x85Rs.";
    sx_weights *w = sx_weights_open_memory(pairs, sizeof pairs - 1, "pairs.pkl", &err);
    CHECK_OK(w, err);
    const float want[] = { 1, -2 };
    expect(w, "w", SX_F32, "2", want, 2);
    sx_weights_free(w);
    static const char twice[] = "\x80\2ccollections\nOrderedDict\n](" PAIR PAIR "e\x85R.";
    assert_null(sx_weights_open_memory(twice, sizeof twice - 1, "twice.pkl", &err));
    check_error(&err, SX_ERR_FORMAT, "tensor w is there twice");
}

/* ---- orders for too much ---- */

/* A legacy file with one storage of 4 floats and this tensor as "w". */
static void legacy_file(sx_str *s, const char *tensor, size_t n) {
    static const char head[] = "\x80\2\x8a\12\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3."
                               "\x80\2}X\15\0\0\0little_endian\x88s.\x80\2}X\1\0\0\0w";
    static const char tail[] = "s.\x80\2]X\1\0\0\0aa.\4\0\0\0\0\0\0\0\0\0\x80?\0\0\0@\0\0@@\0\0\x80@";
    sx_str_append(s, head, sizeof head - 1);
    sx_str_append(s, tensor, n);
    sx_str_append(s, tail, sizeof tail - 1);
    assert_false(s->failed);
}

static void test_expanded_without_end(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str s = { 0 };
    static const char fine[] = TENSOR "(" STORAGE "K\0K\2K\2\x86K\1K\2\x86\x89NtR";
    legacy_file(&s, fine, sizeof fine - 1);
    sx_weights *w = sx_weights_open_memory(s.data, s.len, "fine.pth", &err);
    CHECK_OK(w, err);
    const float want[] = { 1, 3, 2, 4 };
    expect(w, "w", SX_F32, "2x2", want, 4);
    sx_weights_free(w);
    sx_str_free(&s);

    /* 2^31 x 2^20 times the same number */
    static const char bomb[] = TENSOR "(" STORAGE "K\0\x8a\5\0\0\0\x80\0J\0\0\x10\0\x86K\0K\0\x86\x89NtR";
    legacy_file(&s, bomb, sizeof bomb - 1);
    assert_null(sx_weights_open_memory(s.data, s.len, "bomb.pth", &err));
    check_error(&err, SX_ERR_LIMIT, "bomb.pth: tensor w: its 9007199254740992 bytes");
    sx_str_free(&s);
}

static void test_many_operations(void **state) {
    (void)state;
    enum { N = 6 << 20 };
    sx_error err = { 0 };
    char *bytes = malloc(N);
    assert_non_null(bytes);
    memset(bytes, 'N', N);
    memcpy(bytes, "\x80\2", 2);
    assert_null(sx_weights_open_memory(bytes, N, "many.pkl", &err));
    check_error(&err, SX_ERR_LIMIT, "operations");
    free(bytes);
}

/* A million lists within one another */
static void test_deep(void **state) {
    (void)state;
    enum { DEPTH = 1000000 };
    sx_error err = { 0 };
    char *bytes = malloc(2 * DEPTH + 2);
    assert_non_null(bytes);
    memcpy(bytes, "\x80\2", 2);
    memset(bytes + 2, ']', DEPTH);
    memset(bytes + 2 + DEPTH, 'a', DEPTH - 1);
    bytes[2 * DEPTH + 1] = '.';
    assert_null(sx_weights_open_memory(bytes, 2 * DEPTH + 2, "deep.pkl", &err));
    check_error(&err, SX_ERR_MISSING, "but a list");
    free(bytes);
}

/* Tuples of the tuple before, twice: 2^60 leaves for whoever walks it */
static void test_doubling(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str s = { 0 };
    sx_str_append(&s, "\x80\2}X\5\0\0\0model)", 14);
    for (int i = 0; i < 60; i++)
        sx_str_append(&s, "2\x86", 2);
    sx_str_append(&s, "s.", 2);
    assert_null(sx_weights_open_memory(s.data, s.len, "doubling.pkl", &err));
    check_error(&err, SX_ERR_MISSING, "holds no tensors");
    sx_str_free(&s);
}

/* ---- zip ---- */

static uint8_t *copy_of(const sx_file *f) {
    uint8_t *copy = malloc(f->size);
    assert_non_null(copy);
    memcpy(copy, f->data, f->size);
    return copy;
}

/* The last place of `what` in the file. */
static size_t find_last(const uint8_t *bytes, size_t n, const char *what, size_t length) {
    for (size_t i = n - length + 1; i-- > 0;)
        if (memcmp(bytes + i, what, length) == 0) return i;
    fail_msg("%s is not there", what);
    return 0;
}

static void check_zip(uint8_t *bytes, size_t n, sx_error_code code, const char *text) {
    sx_error err = { 0 };
    assert_null(sx_weights_open_memory(bytes, n, "bad.pth", &err));
    check_error(&err, code, text);
    free(bytes);
}

static void test_bad_zip(void **state) {
    (void)state;
    sx_file f = map_fixture("plain.pth");
    const size_t n = f.size;
    const size_t entry = find_last(f.data, n, "plain/data/0", 12) - 46; /* in the central directory */

    uint8_t *b = copy_of(&f);
    b[entry + 10] = 8;
    check_zip(b, n, SX_ERR_UNSUPPORTED,
              "tensor features.conv0.weight: member plain/data/0 of the zip archive is compressed");
    b = copy_of(&f);
    b[entry + 8] |= 1;
    check_zip(b, n, SX_ERR_UNSUPPORTED, "encrypted");
    b = copy_of(&f);
    b[entry + 46] = 'q';
    check_zip(b, n, SX_ERR_MISSING, "member plain/data/0 is not in");
    b = copy_of(&f);
    b[entry + 46 + 11] = '1';
    check_zip(b, n, SX_ERR_FORMAT, "two members plain/data/1");
    b = copy_of(&f);
    b[entry + 20] = b[entry + 24] = 92; /* 96 bytes of numbers */
    check_zip(b, n, SX_ERR_FORMAT, "its storage has 23 numbers, not 24");
    b = copy_of(&f);
    b[entry + 22] = b[entry + 26] = 1;
    check_zip(b, n, SX_ERR_FORMAT, "goes on beyond its end");
    b = copy_of(&f);
    b[entry + 42]++;
    check_zip(b, n, SX_ERR_FORMAT, "not where it should be");
    b = copy_of(&f);
    memcpy(b + entry + 42, "\xf0\xff\xff\x7f", 4);
    check_zip(b, n, SX_ERR_FORMAT, "not where it should be");
    b = copy_of(&f);
    b[entry + 29] = 0xff; /* the name's length */
    check_zip(b, n, SX_ERR_FORMAT, "directory is damaged");
    b = copy_of(&f);
    b[find_last(b, n, "data.pkl", 8)] = 'p';
    check_zip(b, n, SX_ERR_MISSING, "no data.pkl");
    sx_file_close(&f);
}

static void test_bad_zip_end(void **state) {
    (void)state;
    sx_file f = map_fixture("plain.pth");
    const size_t n = f.size, end64 = find_last(f.data, n, "PK\6\6", 4);
    uint8_t *b = copy_of(&f);
    b[end64 + 32 + 3] = 1; /* entries */
    check_zip(b, n, SX_ERR_FORMAT, "does not lie within the file");
    b = copy_of(&f);
    memset(b + end64 + 48, 0xff, 8); /* offset of the directory */
    check_zip(b, n, SX_ERR_FORMAT, "does not lie within the file");
    b = copy_of(&f);
    memset(b + end64 + 56 + 8, 0xff, 8); /* in the locator */
    check_zip(b, n, SX_ERR_FORMAT, "zip64 end record");
    b = copy_of(&f);
    b[n - 1] = 1; /* a comment that is not there */
    check_zip(b, n, SX_ERR_FORMAT, "no end record");
    sx_file_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zip),
        cmocka_unit_test(test_wrapped),
        cmocka_unit_test(test_legacy),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_bad_tensors),
        cmocka_unit_test(test_python2),
        cmocka_unit_test(test_expanded_without_end),
        cmocka_unit_test(test_many_operations),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_doubling),
        cmocka_unit_test(test_bad_zip),
        cmocka_unit_test(test_bad_zip_end),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
