/* The records of a weight file that give its classes numbers: gates, the weights of several
 * detectors, operating points. The first byte chooses the record, the rest is its JSON. What is
 * accepted is in range, and is written and read again with the same result. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "models/fusion_record.h"
#include "models/gate_record.h"
#include "models/weights_use.h"

enum { CLASSES = 5 };
static const char *const names[CLASSES] = { "Abnormal", "Disc space narrowing", "a\"b\\c",
                                            "\xc3\xa9", "0" };

static void check_error(bool ok, const sx_error *err) {
    if (!ok && (err->code == SX_OK || !err->message[0])) abort();
}

/* The records that were read, before and after they were written. */
typedef struct subject {
    sx_weights *w, *again;
} subject;

static subject subject_of(const char *key, const char *text) {
    sx_error err = { 0 };
    subject s = { sx_weights_new(&err), sx_weights_new(&err) };
    if (!s.w || !s.again) abort();
    /* text that is not UTF-8 is no metadata */
    const bool ok = sx_weights_set_meta(s.w, key, text, &err);
    check_error(ok, &err);
    return s;
}

static void subject_free(subject *s) {
    sx_weights_free(s->w);
    sx_weights_free(s->again);
}

/* Numbers are written with the digits that give the same double; NaN: none. */
static bool same(double a, double b) {
    return isnan(a) ? isnan(b) : a == b;
}

static void read_gates(const char *text) {
    sx_error err = { 0 };
    sx_gate_record *a = NULL, *b = NULL;
    subject s = subject_of("spinexr.gates", text);
    const bool ok = sx_gate_record_read(s.w, names, CLASSES, &a, &err);
    check_error(ok, &err);
    if (!ok && a) abort();
    if (a) {
        if (a->classifiers < 1 || a->classifiers > 64) abort();
        if (!sx_gate_record_set(s.again, a->classifiers, a->gates, names, CLASSES, "fuzz", &err) ||
            !sx_gate_record_read(s.again, names, CLASSES, &b, &err) || !b)
            abort();
        if (a->classifiers != b->classifiers) abort();
        for (int i = 0; i < CLASSES; i++)
            if (!same(a->gates[i], b->gates[i]) || a->gates[i] < 0 || a->gates[i] > 1) abort();
        if (!sx_gate_record_remove(s.again, &err) || sx_weights_meta(s.again, "spinexr.gates"))
            abort();
    }
    free(a);
    free(b);
    subject_free(&s);
}

static void read_fusion(const char *text) {
    sx_error err = { 0 };
    sx_fusion_record *a = NULL, *b = NULL;
    subject s = subject_of("spinexr.fusion", text);
    const bool ok = sx_fusion_record_read(s.w, names, CLASSES, &a, &err);
    check_error(ok, &err);
    if (!ok && a) abort();
    if (a) {
        if (a->detectors < 2 || strlen(a->set) != SX_FUSION_SET) abort();
        if (!sx_fusion_record_set(s.again, a->set, a->detectors, a->weights, names, CLASSES, "fuzz",
                                  &err) ||
            !sx_fusion_record_read(s.again, names, CLASSES, &b, &err) || !b)
            abort();
        if (a->detectors != b->detectors || strcmp(a->set, b->set) != 0) abort();
        for (int i = 0; i < CLASSES; i++)
            if (a->weights[i] != b->weights[i] || !(a->weights[i] >= 0 && a->weights[i] <= 1))
                abort();
    }
    free(a);
    free(b);
    subject_free(&s);
}

static void read_points(const char *text) {
    static const char key[] = "spinexr.operating_points";
    sx_error err = { 0 };
    sx_class_points *a = NULL, *b = NULL;
    sx_str written = { 0 };
    subject s = subject_of(key, text);
    const bool ok = sx_class_points_read(s.w, names, CLASSES, &a, &err);
    check_error(ok, &err);
    if (!ok && a) abort();
    if (a) {
        if (!sx_class_points_text(a, names, CLASSES, &written, &err) ||
            !sx_weights_set_meta(s.again, key, sx_str_text(&written), &err) ||
            !sx_class_points_read(s.again, names, CLASSES, &b, &err) || !b)
            abort();
        for (int i = 0; i < CLASSES; i++)
            if (!same(a[i].sensitive, b[i].sensitive) || !same(a[i].specific, b[i].specific) ||
                a[i].sensitive > a[i].specific)
                abort();
    }
    sx_str_free(&written);
    free(a);
    free(b);
    subject_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const readers[])(const char *text) = { read_gates, read_fusion, read_points };
    if (size < 1) return 0;
    char *text = malloc(size);
    if (!text) abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    readers[data[0] % 3](text);
    free(text);
    return 0;
}
