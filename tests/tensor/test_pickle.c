/* The pickle reader on pickles written byte by byte: what it refuses, and what only Python 2
 * wrote. */
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tensor/weights.h"

typedef struct bad {
    const char *bytes;
    size_t n;
    sx_error_code code;
    const char *text;
} bad;

#define BYTES(s) s, sizeof(s) - 1
#define DTYPE(order)                                                                               \
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
        { BYTES("\x80\4\x8c\5posix\x8c\6system\x93\x8c\2ls\x85R."), SX_ERR_UNSUPPORTED,
          "posix.system" },
        { BYTES("\x80\2c__builtin__\neval\n."), SX_ERR_UNSUPPORTED, "__builtin__.eval" },
        { BYTES("\x80\2ctorch\n_utils._rebuild_tensor\n."), SX_ERR_UNSUPPORTED,
          "torch._utils._rebuild_tensor," },
        { BYTES("\x80\2cnet\33[31m\nDenseNet\n."), SX_ERR_UNSUPPORTED, "net?[31m.DenseNet" },
        { BYTES("\x80\2(ios\nsystem\n."), SX_ERR_UNSUPPORTED, "INST" },
        { BYTES("\x80\2(o."), SX_ERR_UNSUPPORTED, "OBJ" },
        { BYTES("\x80\2)\x81."), SX_ERR_UNSUPPORTED, "NEWOBJ" },
        { BYTES("\x80\2\x82\1."), SX_ERR_UNSUPPORTED, "EXT1" },
        { BYTES("\x80\2Np0\n."), SX_ERR_UNSUPPORTED,
          "opcode PUT, which is not allowed" }, /* protocol 0 */
        { BYTES("\x80\2)Q."), SX_ERR_UNSUPPORTED, "no storage" },
        { BYTES("\x80\2ccollections\nOrderedDict\nb."), SX_ERR_FORMAT, "more from its stack" },
        { BYTES("\x80\2K\1)b."), SX_ERR_FORMAT, "sets the state of a number" },
        { BYTES("\x80\2K\1)R."), SX_ERR_FORMAT, "calls a number" },
        { BYTES("\x80\2cnumpy\nndarray\n)R."), SX_ERR_FORMAT,
          "numpy.ndarray with the wrong arguments" },
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
        { BYTES("\x80\2}r\377\377\377\177."), SX_ERR_FORMAT,
          "memo jumps to entry 2147483647 after 0" },
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
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1K\1\x85" DTYPE(">") "\x89U\4abcdtbs."),
          SX_ERR_UNSUPPORTED, "type >f4" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1K\1\x85" DTYPE("<") "\x89]tbs."), SX_ERR_UNSUPPORTED,
          "plain numbers" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1N" DTYPE("<") "\x89U\4abcdtbs."), SX_ERR_FORMAT,
          "unknown state" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY "(K\1J\377\377\377\377\x85" DTYPE("<") "\x89U\4abcdtbs."),
          SX_ERR_FORMAT, "whole number" },
        { BYTES("\x80\2}X\1\0\0\0w" ARRAY
                "(K\1J\377\377\377\177J\377\377\377\177J\377\377\377\177\x87" DTYPE(
                    "<") "\x89U\4abcdtbs."),
          SX_ERR_FORMAT, "do not fit its shape" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0K\4\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "not in this file" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0K\5\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "goes beyond its storage of 4" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\1K\4\x85K\1\x85\x89NtRs."), SX_ERR_FORMAT,
          "goes beyond" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "J\377\377\377\377K\1\x85K\1\x85\x89NtRs."),
          SX_ERR_FORMAT, "goes beyond" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0\x8a\1\377\x85K\1\x85\x89NtRs."),
          SX_ERR_FORMAT, "whole number" }, /* -1 in one byte */
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE
                "K\0K\2\x85\x8a\10\0\0\0\0\0\0\0\x7f\x85\x89NtRs."),
          SX_ERR_FORMAT, "goes beyond" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE "K\0K\4\x85K\1K\1\x86\x89NtRs."),
          SX_ERR_FORMAT, "1 dimensions and 2 strides" },
        { BYTES("\x80\2}X\1\0\0\0w" TENSOR "(" STORAGE
                "K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1t)\x89NtRs."),
          SX_ERR_UNSUPPORTED, "9 dimensions" },
        { BYTES("\x80\2}X\1\0\0\0\377" TENSOR "(" STORAGE "K\0K\4\x85K\1\x85\x89NtRs."),
          SX_ERR_FORMAT, "not text: ?" },
        { BYTES("\x80\2}X\3\0\0\0a\0b" TENSOR "(" STORAGE "K\0K\4\x85K\1\x85\x89NtRs."),
          SX_ERR_FORMAT, "not text" },
    };
    check_bad(cases, sizeof cases / sizeof cases[0]);
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

/* ---- what training programs put around a state_dict ---- */

#define NAME(length, text) "X" length "\0\0\0" text
#define W                  ARRAY "(K\1K\2\x85" DTYPE("<") "\x89U\10\0\0\x80?\0\0\0\xc0tb"
#define STATE              "}" NAME("\1", "w") W "s"

static void check_wrapped(const char *bytes, size_t n, const char *name, size_t count) {
    static const float want[] = { 1, -2 };
    sx_error err = { 0 };
    sx_weights *w = sx_weights_open_memory(bytes, n, name, &err);
    CHECK_OK(w, err);
    expect(w, name, SX_F32, "2", want, 2);
    assert_int_equal(sx_weights_count(w), count);
    sx_weights_free(w);
}

static void test_wrappers(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *name;
        size_t count;
    } cases[] = {
        { BYTES("\x80\2" STATE "."), "w", 1 },
        { BYTES("\x80\2}" NAME("\20", "model_state_dict") STATE "s."), "w", 1 },
        { BYTES("\x80\2}" NAME("\3", "net") STATE "s."), "w", 1 },
        /* nested, beside a tensor that is not part of it */
        { BYTES("\x80\2}(" NAME("\4", "best") W NAME("\5", "model") "}(" NAME(
              "\5", "epoch") "K\3" NAME("\12", "state_dict") STATE "uu."),
          "w", 1 },
        /* a wrapper that holds no tensors is passed over for one that does */
        { BYTES("\x80\2}(" NAME("\5", "model") "}" NAME("\3", "ema") "}" NAME("\6", "module") STATE
                "su."),
          "w", 1 },
        /* an unknown key becomes a part of the name; an optimiser's state is left out */
        { BYTES("\x80\2}(" NAME("\5", "trunk") STATE NAME("\11", "optimizer")
                    STATE NAME("\4", "head") STATE "u."),
          "trunk.w", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_wrapped(cases[i].bytes, cases[i].n, cases[i].name, cases[i].count);
}

/* Settings beside the weights: objects are made of nothing and hold nothing. */
static void test_settings(void **state) {
    (void)state;
#define SETTING(code) BYTES("\x80\2}(" NAME("\4", "args") code NAME("\5", "model") STATE "u.")
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        { SETTING("cargparse\nNamespace\n)\x81}" NAME("\2", "lr") "K\1sb") },
        { SETTING("cpathlib\nPosixPath\n" NAME("\1", "/") "\x85R") },
        { SETTING("ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R" NAME("\1", "a") "]s") },
        /* a dict of Lightning's, filled by SETITEMS; sets of protocols 2 and 4 */
        { SETTING(
            "cpytorch_lightning.utilities.parsing\nAttributeDict\n)\x81(" NAME("\1", "a") "K\1u") },
        { SETTING("c__builtin__\nset\n](K\1K\2e\x85R") },
        { SETTING("\x8f(K\1K\2\x90") },
        { SETTING("(K\1K\2\x91") },
        { SETTING("ctorch\ndevice\n" NAME("\3", "cpu") "\x85R") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_wrapped(cases[i].bytes, cases[i].n, "w", 1);
    static const bad refused[] = {
        /* settings do not open a way to other classes */
        { BYTES("\x80\2cfunctools\npartial\ncos\nsystem\n\x85R."), SX_ERR_UNSUPPORTED,
          "os.system" },
        { BYTES("\x80\2cargparser\nNamespace\n)\x81."), SX_ERR_UNSUPPORTED, "argparser.Namespace" },
        { BYTES("\x80\2ctorch\nSize\n)\x81."), SX_ERR_UNSUPPORTED, "NEWOBJ" },
        { BYTES("\x80\2c__main__\nDenseNet\n)\x81."), SX_ERR_UNSUPPORTED,
          "whole model; save its state_dict" },
        { BYTES("\x80\2ctorchvision.models.densenet\nDenseNet\n)\x81."), SX_ERR_MISSING,
          "holds no tensors by name" },
        { BYTES("\x80\2ctorch.nnx\nLinear\n)\x81."), SX_ERR_UNSUPPORTED, "torch.nnx.Linear" },
        { BYTES("\x80\2c__torch__.net\nNet\n)\x81."), SX_ERR_UNSUPPORTED, "TorchScript archive" },
        { BYTES("\x80\2}(" NAME("\5", "epoch") "K\1" NAME("\5", "model") "}" NAME(
              "\4", "args") "cargparse\nNamespace\n)\x81u."),
          SX_ERR_MISSING,
          "holds no tensors by name, but a dict with the keys epoch (a number), model (a dict), "
          "args (an object)" },
    };
    check_bad(refused, sizeof refused / sizeof refused[0]);
}

/* A whole model: a network with a layer "a", read as the dictionaries of its state; as NEWOBJ makes
 * it, and with its class in a persistent id as old files have it. */
static void test_whole_model(void **state) {
    (void)state;
#define LAYER                                                                                      \
    "ctorch.nn.modules.linear\nLinear\n)\x81}(" NAME("\10", "training") "\x88" NAME(               \
        "\13", "_parameters") STATE NAME("\10", "_modules") "}ub"
#define NETWORK_STATE                                                                              \
    ")\x81}(" NAME("\13", "_parameters") "}" NAME("\10", "_modules") "}" NAME("\1", "a") LAYER     \
        "sub."
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        { BYTES("\x80\2ctorchxrayvision.models\nDenseNet\n" NETWORK_STATE) },
        { BYTES("\x80\2(" NAME("\6", "module") "ctorchvision.models.densenet\nDenseNet\n" NAME(
            "\1", "f") NAME("\1", "s") "tQ" NETWORK_STATE) },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_wrapped(cases[i].bytes, cases[i].n, "a.w", 1);
}

/* A dictionary of 1000 entries, within 1000 entries of another, and so on: 10^12 names. */
static void test_many_names(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str s = { 0 };
    sx_str_append(&s, "\x80\2", 2);
    sx_str_append(&s, BYTES(STATE "q\1"));
    for (int level = 2; level < 6; level++) {
        sx_str_append(&s, "0}(", 3);
        for (int i = 0; i < 1000; i++) {
            char key[16];
            const int n = snprintf(key, sizeof key, "%d", i);
            sx_str_append(&s, (char[]){ 'X', (char)n, 0, 0, 0 }, 5);
            sx_str_append(&s, key, (size_t)n);
            sx_str_append(&s, (char[]){ 'h', (char)(level - 1) }, 2);
        }
        sx_str_append(&s, (char[]){ 'u', 'q', (char)level }, 3);
    }
    sx_str_append(&s, ".", 1);
    assert_false(s.failed);
    assert_null(sx_weights_open_memory(s.data, s.len, "names.pkl", &err));
    check_error(&err, SX_ERR_LIMIT, "more than 1048576 entries");
    sx_str_free(&s);
}

/* ---- orders for too much ---- */

/* A legacy file with one storage of 4 floats and this tensor as "w". */
static void legacy_file(sx_str *s, const char *tensor, size_t n) {
    static const char head[] =
        "\x80\2\x8a\12\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3."
        "\x80\2}X\15\0\0\0little_endian\x88s.\x80\2}X\1\0\0\0w";
    static const char tail[] =
        "s.\x80\2]X\1\0\0\0aa.\4\0\0\0\0\0\0\0\0\0\x80?\0\0\0@\0\0@@\0\0\x80@";
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
    static const char bomb[] =
        TENSOR "(" STORAGE "K\0\x8a\5\0\0\0\x80\0J\0\0\x10\0\x86K\0K\0\x86\x89NtR";
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_bad_tensors),
        cmocka_unit_test(test_python2),
        cmocka_unit_test(test_wrappers),
        cmocka_unit_test(test_whole_model),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_expanded_without_end),
        cmocka_unit_test(test_many_operations),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_doubling),
    };
    return cmocka_run_group_tests_name("pickle", tests, NULL, NULL);
}
