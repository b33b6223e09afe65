#include "service/reading/reading_op.h"

#include <math.h>
#include <string.h>

#include "base/nearest_word.h"
#include "base/utf8.h"

/* ---- fields ---- */

static bool bad(sx_error *err, const char *key, const char *what) {
    return sx_fail(err, SX_ERR_VALUE, "%s: it must be %s", key, what);
}

static bool read_int(const json_t *from, const char *key, int64_t least, int64_t *out,
                     sx_error *err) {
    const json_t *v = json_object_get(from, key);
    *out = json_integer_value(v);
    return (json_is_integer(v) && *out >= least) || bad(err, key, "a whole number");
}

/* Absent and null are 0. */
static bool read_optional_int(const json_t *from, const char *key, int64_t *out, sx_error *err) {
    const json_t *v = json_object_get(from, key);
    *out = 0;
    return !v || json_is_null(v) || read_int(from, key, 1, out, err);
}

/* Absent is `otherwise`; NULL: it must be there. */
static bool read_text(const json_t *from, const char *key, const char *otherwise, char *out,
                      size_t size, sx_error *err) {
    const json_t *v = json_object_get(from, key);
    const char *text = v ? json_string_value(v) : otherwise;
    if (!text) return bad(err, key, "a text");
    if (strlen(text) >= size)
        return sx_fail(err, SX_ERR_VALUE, "%s: it is longer than %zu bytes", key, size - 1);
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool read_word(const json_t *from, const char *key, const char *otherwise, const char *words,
                      char out[16], sx_error *err) {
    return read_text(from, key, otherwise, out, 16, err) &&
           (!*out || sx_word_is_one_of(out, words) || bad(err, key, words));
}

/* A JSON array of texts or of ids, into its text. Absent is "[]". */
static bool read_list(const json_t *from, const char *key, bool texts, char out[SX_READING_LIST],
                      sx_error *err) {
    const json_t *v = json_object_get(from, key);
    sx_json_doc doc;
    sx_str text = { 0 };
    const sx_json list = sx_json_new_array(&doc);
    bool ok = !v || json_is_array(v) || bad(err, key, "an array");
    for (size_t i = 0; ok && i < json_array_size(v); i++) {
        const json_t *item = json_array_get(v, i);
        if (texts && json_is_string(item))
            sx_json_text(list, NULL, json_string_value(item));
        else if (!texts && json_is_integer(item) && json_integer_value(item) > 0)
            sx_json_integer(list, NULL, json_integer_value(item));
        else
            ok = bad(err, key, texts ? "an array of texts" : "an array of labels");
    }
    ok = ok && sx_json_print(&doc, SX_JSON_COMPACT, &text, err) && sx_str_ok(&text, err) &&
         (text.len < SX_READING_LIST || bad(err, key, "shorter"));
    if (ok) sx_format(out, SX_READING_LIST, "%s", sx_str_text(&text));
    sx_str_free(&text);
    sx_json_free(&doc);
    return ok;
}

static bool read_corners(const json_t *from, double out[4], sx_error *err) {
    const json_t *v = json_object_get(from, "corners");
    bool ok = json_array_size(v) == 4;
    for (size_t i = 0; ok && i < 4; i++) {
        ok = json_is_number(json_array_get(v, i));
        out[i] = json_number_value(json_array_get(v, i));
        ok = ok && isfinite(out[i]);
    }
    ok = ok && out[0] < out[2] && out[1] < out[3];
    return ok || bad(err, "corners", "x0, y0, x1, y1 with x0 < x1 and y0 < y1");
}

/* ---- bodies ---- */

static bool read_box(const json_t *b, sx_reading_op *o, sx_error *err) {
    if (!read_int(b, "label", 1, &o->label, err) || !read_corners(b, o->corners, err) ||
        !read_list(b, "attributes", true, o->attributes, err) ||
        !read_word(b, "source", "manual", "manual|prelabel|copy", o->source, err) ||
        !read_optional_int(b, "source_id", &o->source_id, err))
        return false;
    if (!*o->source) return bad(err, "source", "manual, prelabel or copy");
    return (strcmp(o->source, "prelabel") != 0 || o->source_id) ||
           bad(err, "source_id", "the prelabel");
}

static bool read_verdict(const json_t *b, sx_reading_op *o, sx_error *err) {
    if (!read_word(b, "verdict", NULL, "normal|abnormal|rejected", o->verdict, err) ||
        !read_text(b, "reason", "", o->reason, sizeof o->reason, err))
        return false;
    const bool rejected = strcmp(o->verdict, "rejected") == 0;
    return rejected == (*o->reason != '\0') ||
           sx_fail(err, SX_ERR_VALUE,
                   rejected ? "reason: a film is rejected with a reason"
                            : "reason: only a rejected film has one");
}

static bool read_film_tags(const json_t *b, sx_reading_op *o, sx_error *err) {
    return read_list(b, "tags", false, o->tags, err);
}

static bool read_study(const json_t *b, sx_reading_op *o, sx_error *err) {
    const json_t *v = json_object_get(b, "confidence");
    const bool none = !v || json_is_null(v);
    const int64_t value = none ? -1 : json_integer_value(v);
    if (!none && (!json_is_integer(v) || value < 0 || value > 100))
        return bad(err, "confidence", "a whole number from 0 to 100");
    o->confidence = (int)value;
    return read_list(b, "tags", false, o->tags, err);
}

static bool read_shown(const json_t *b, sx_reading_op *o, sx_error *err) {
    const json_t *v = json_object_get(b, "threshold");
    o->threshold = json_number_value(v);
    return read_int(b, "set", 1, &o->set, err) &&
           ((json_is_number(v) && o->threshold >= 0 && o->threshold <= 1) ||
            bad(err, "threshold", "a number from 0 to 1"));
}

static bool read_choice(const json_t *b, sx_reading_op *o, sx_error *err) {
    return read_int(b, "prelabel", 1, &o->prelabel, err) &&
           read_word(b, "choice", NULL, "accept|edit|reject|ignore", o->choice, err);
}

static void print_box(const sx_reading_op *o, sx_json b) {
    sx_json_integer(b, "label", o->label);
    const sx_json corners = sx_json_array(b, "corners");
    for (int i = 0; i < 4; i++)
        sx_json_number(corners, NULL, o->corners[i]);
    sx_json_text(b, "source", o->source);
    if (o->source_id) sx_json_integer(b, "source_id", o->source_id);
}

static void print_verdict(const sx_reading_op *o, sx_json b) {
    sx_json_text(b, "verdict", o->verdict);
    sx_json_text(b, "reason", o->reason);
}

static void print_study(const sx_reading_op *o, sx_json b) {
    if (o->confidence < 0)
        sx_json_null(b, "confidence");
    else
        sx_json_integer(b, "confidence", o->confidence);
}

static void print_shown(const sx_reading_op *o, sx_json b) {
    sx_json_integer(b, "set", o->set);
    sx_json_number(b, "threshold", o->threshold);
}

static void print_choice(const sx_reading_op *o, sx_json b) {
    sx_json_integer(b, "prelabel", o->prelabel);
    sx_json_text(b, "choice", o->choice);
}

static const struct {
    const char *name;
    bool film, box;    /* it has one */
    const char *lists; /* the lists of the body */
    bool (*read)(const json_t *body, sx_reading_op *out, sx_error *err);
    void (*print)(const sx_reading_op *op, sx_json body);
} kinds[SX_READING_KINDS] = {
    [SX_READING_BOX_PUT] = { "box_put", true, true, "attributes", read_box, print_box },
    [SX_READING_BOX_DELETE] = { "box_delete", true, true, "", NULL, NULL },
    [SX_READING_VERDICT] = { "verdict", true, false, "", read_verdict, print_verdict },
    [SX_READING_FILM_TAGS] = { "film_tags", true, false, "tags", read_film_tags, NULL },
    [SX_READING_STUDY] = { "study", false, false, "tags", read_study, print_study },
    [SX_READING_PRELABELS_SHOWN] = { "prelabels_shown", true, false, "", read_shown, print_shown },
    [SX_READING_PRELABEL_CHOICE] = { "prelabel_choice", true, false, "", read_choice,
                                     print_choice },
    [SX_READING_COMMIT] = { "commit", true, false, "", NULL, NULL },
};

const char *sx_reading_kind_name(sx_reading_kind kind) {
    return kinds[kind].name;
}

bool sx_reading_is_id(const char *text) {
    const size_t n = strlen(text);
    return n >= 8 && n < SX_READING_BOX_ID &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n;
}

/* ---- operations ---- */

static bool find_kind(const char *name, sx_reading_kind *out, sx_error *err) {
    for (int i = 0; i < SX_READING_KINDS; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *out = (sx_reading_kind)i;
            return true;
        }
    return sx_fail(err, SX_ERR_VALUE, "kind: there is no operation %.20s", name);
}

static bool read_body(const json_t *body, sx_reading_op *out, sx_error *err) {
    out->confidence = -1;
    return !kinds[out->kind].read || kinds[out->kind].read(body, out, err);
}

bool sx_reading_op_parse(const json_t *from, sx_reading_op *out, sx_error *err) {
    char kind[24];
    const json_t *body = json_object_get(from, "body");
    *out = (sx_reading_op){ 0 };
    if (!json_is_object(from)) return bad(err, "ops", "an array of objects");
    if (body && !json_is_object(body)) return bad(err, "body", "an object");
    if (!read_int(from, "seq", 1, &out->seq, err) ||
        !read_int(from, "at", 0, &out->at_client, err) ||
        !read_text(from, "kind", NULL, kind, sizeof kind, err) ||
        !find_kind(kind, &out->kind, err) || !read_optional_int(from, "film", &out->film, err) ||
        !read_text(from, "box", "", out->box, sizeof out->box, err))
        return false;
    if (kinds[out->kind].film != (out->film != 0))
        return sx_fail(err, SX_ERR_VALUE, "film: operation %s %s", kind,
                       kinds[out->kind].film ? "needs one" : "is of the study");
    if (kinds[out->kind].box ? !sx_reading_is_id(out->box) : *out->box != '\0')
        return sx_fail(err, SX_ERR_VALUE, "box: operation %s has %s", kind,
                       kinds[out->kind].box ? "an id of 8 to 64 letters, digits and -" : "none");
    return read_body(body, out, err);
}

bool sx_reading_op_read(const char *kind, const char *body, sx_reading_op *out, sx_error *err) {
    json_t *parsed = sx_json_parse(body, strlen(body), true, NULL, err);
    *out = (sx_reading_op){ 0 };
    const bool ok = parsed && find_kind(kind, &out->kind, err) && read_body(parsed, out, err);
    json_decref(parsed);
    return ok;
}

bool sx_reading_put_list(sx_json at, const char *key, const char *text, sx_error *err) {
    json_t *list = sx_json_parse(text, strlen(text), true, NULL, err);
    if (!list) return false;
    const sx_json to = sx_json_array(at, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (json_is_string(item))
            sx_json_text(to, NULL, json_string_value(item));
        else
            sx_json_integer(to, NULL, json_integer_value(item));
    }
    json_decref(list);
    return true;
}

bool sx_reading_op_print(const sx_reading_op *op, sx_str *out, sx_error *err) {
    sx_json_doc doc;
    const sx_json body = sx_json_new_object(&doc);
    const char *lists = kinds[op->kind].lists;
    if (kinds[op->kind].print) kinds[op->kind].print(op, body);
    bool ok = true;
    if (*lists)
        ok = sx_reading_put_list(body, lists,
                                 strcmp(lists, "tags") == 0 ? op->tags : op->attributes, err);
    ok = ok && sx_json_print(&doc, SX_JSON_COMPACT, out, err) && sx_str_ok(out, err);
    sx_json_free(&doc);
    return ok;
}
