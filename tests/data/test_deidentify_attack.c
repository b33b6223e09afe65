/* De-identification of films that were made to mislead it. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"

#include "dicom/deid.h"
#include "dicom/dicom_film.h"

static const sx_deid_options options = { .key = (const uint8_t *)"a key of thirty-two bytes, or so",
                                         .key_size = 32 };

/* ---- patients ---- */

typedef struct patient {
    const char *id, *name, *birth, *study; /* NULL: absent */
} patient;

static void put(test_dicom *d, uint32_t tag, const char *vr, const char *text) {
    if (text) dicom_text(d, tag, vr, text);
}

static void pseudonym(const patient *p, char out[65]) {
    test_dicom d;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    sx_error err = { 0 };
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    put(&d, SX_TAG(0x0010, 0x0010), "PN", p->name);
    put(&d, SX_TAG(0x0010, 0x0020), "LO", p->id);
    put(&d, SX_TAG(0x0010, 0x0030), "DA", p->birth);
    put(&d, SX_TAG(0x0020, 0x000D), "UI", p->study);
    CHECK_OK(sx_deid_pairs(d.bytes.data, d.bytes.len, "in", &options, pairs, &err), err);
    snprintf(out, 65, "%s", pairs[0].now);
    dicom_end(&d);
}

static void check_patients(const patient *a, const patient *b, bool same) {
    char x[65], y[65];
    pseudonym(a, x);
    pseudonym(b, y);
    if ((strcmp(x, y) == 0) != same)
        fail_msg("%s and %s: %s, %s", a->name ? a->name : "-", b->name ? b->name : "-", x, y);
}

static void patients_without_an_id(void **state) {
    (void)state;
    const patient voe = { "", "Voe^Jane", "19510203", "1.2.3" };
    check_patients(&voe, &(patient){ NULL, "VOE^JANE ", "19510203", "1.2.4" }, true);
    check_patients(&voe, &(patient){ "", "Roe^Jane", "19510203", "1.2.3" }, false);
    check_patients(&voe, &(patient){ "", "Voe^Jane", "19520203", "1.2.3" }, false);
    check_patients(&voe, &(patient){ "", NULL, "19510203", "1.2.3" }, false);
    const patient nobody = { "", "^", NULL, "1.2.3" };
    check_patients(&nobody, &(patient){ NULL, NULL, NULL, "1.2.3" }, true);
    check_patients(&nobody, &(patient){ NULL, NULL, NULL, "1.2.4" }, false);
}

static void long_ids_that_differ_at_the_end(void **state) {
    (void)state;
    enum { LENGTH = 600 };
    char a[LENGTH + 2] = "", b[LENGTH + 2] = "";
    memset(a, 'P', LENGTH);
    memset(b, 'P', LENGTH);
    a[LENGTH] = '1';
    b[LENGTH] = '2';
    check_patients(&(patient){ a, "A", NULL, "1.2.3" }, &(patient){ b, "A", NULL, "1.2.3" }, false);
    check_patients(&(patient){ a, "A", NULL, "1.2.3" }, &(patient){ a, "B", NULL, "1.2.4" }, true);
}

/* ---- binary numbers of group 0028 ---- */

typedef struct word_case {
    uint32_t tag;
    uint16_t words[4];
    size_t count;
    bool kept;
    const char *id; /* NULL: 4711 */
} word_case;

static bool is_kept(const word_case *c, const char *syntax) {
    test_dicom d;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    sx_part10 part10;
    sx_dataset set;
    dicom_begin(&d, syntax);
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_text(&d, SX_TAG(0x0010, 0x0010), "PN", "Hans^Li");
    dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", c->id ? c->id : "4711");
    dicom_image(&d, &(dicom_shape){ 2, 2, 16, 16, 0, NULL, 0, 0 });
    dicom_words(&d, c->tag, "US", c->words, c->count);
    dicom_pixels(&d, (const uint16_t[4]){ 0 }, 4);
    CHECK_OK(
        sx_deid_file(d.bytes.data, d.bytes.len, "in", &options, &out, &n, pairs, cleaned, &err),
        err);
    CHECK_OK(sx_part10_read(&part10, out, n, &err), err);
    CHECK_OK(sx_dataset_read(&set, out + part10.dataset, n - part10.dataset, !d.implicit,
                             d.big_endian, true, &err),
             err);
    const bool kept = sx_dataset_find(&set, c->tag) != NULL;
    assert_non_null(sx_dataset_find(&set, SX_TAG(0x0028, 0x0010)));
    sx_dataset_free(&set);
    free(out);
    dicom_end(&d);
    return kept;
}

/* "Hans" as two words, of either byte order; the id as a number. */
static void words_that_repeat_a_value(void **state) {
    (void)state;
    static const word_case cases[] = {
        { SX_TAG(0x0028, 0x0106), { 4711 }, 1, false },
        { SX_TAG(0x0028, 0x0106), { 12 }, 1, false },
        { SX_TAG(0x0028, 0x0111), { 12 }, 1, false },
        { SX_TAG(0x0028, 0x0120), { 63 }, 1, true },
        { SX_TAG(0x0028, 0x1101), { 256, 0, 16 }, 3, false }, /* of a palette */
        { SX_TAG(0x0028, 0x1103), { 0x6148, 0x736E, 0x2020 }, 3, false },
        { SX_TAG(0x0028, 0x1104), { 256, 0, 16 }, 3, false },
        { SX_TAG(0x0018, 0x1310), { 256, 0, 0, 256 }, 4, true }, /* Acquisition Matrix */
        { SX_TAG(0x0018, 0x1310), { 0x4143, 0x4C4C, 0x4820, 0x5241 }, 4, false }, /* any text */
        { SX_TAG(0x0018, 0x1310), { 0x4143, 0x4C4C, 0x4820, 0x1000 }, 4, true },
        { SX_TAG(0x0018, 0x1310), { 12, 345, 0, 678 }, 4, true, "12345678" },
        { SX_TAG(0x0018, 0x1310), { 7, 12, 345, 678 }, 4, false, "12345678" },
        { SX_TAG(0x0018, 0x1310), { 0x6148, 0x736E, 0x2020, 0x2020 }, 4, false },
        { SX_TAG(0x0018, 0x1310), { 0x4861, 0x6E73, 0x2020, 0x2020 }, 4, false },
    };
    static const char *const syntaxes[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2",
                                            "1.2.840.10008.1.2.2" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < 3; k++)
            if (is_kept(&cases[i], syntaxes[k]) != cases[i].kept)
                fail_msg("case %zu, syntax %s: %d expected", i, syntaxes[k], cases[i].kept);
}

/* The identifier 54321 as a number with a fraction that has no short binary form. */
static void fraction_that_repeats_an_id(void **state) {
    (void)state;
    static const double values[] = { 5432.1, 5432.7 };
    for (size_t i = 0; i < 2; i++) {
        test_dicom d;
        sx_deid_pair pairs[SX_DEID_PAIRS];
        char cleaned[SX_DEID_NOTE];
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
        dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", "54321");
        dicom_bytes(&d, SX_TAG(0x0018, 0x9073), "FD", &values[i], sizeof values[i]);
        dicom_image(&d, &(dicom_shape){ 2, 2, 16, 16, 0, NULL, 0, 0 });
        dicom_pixels(&d, (const uint16_t[4]){ 0 }, 4);
        CHECK_OK(
            sx_deid_file(d.bytes.data, d.bytes.len, "in", &options, &out, &n, pairs, cleaned, &err),
            err);
        assert_int_equal(memmem(out, n, &values[i], sizeof values[i]) != NULL, i == 1);
        free(out);
        dicom_end(&d);
    }
}

typedef struct name_case {
    const char *name, *bytes;
    const char *message; /* NULL: written without these bytes */
} name_case;

/* In a number, which is emptied; in a table and in pixels, which cannot be; in a table that belongs
 * to no sequence, which is removed. */
static void check_name(const name_case *c, int place) {
    test_dicom d, item;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE], pixels[16] = { 0 };
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_text(&d, SX_TAG(0x0010, 0x0010), "PN", c->name);
    if (place == 0) dicom_bytes(&d, SX_TAG(0x0018, 0x9073), "FD", c->bytes, 8);
    dicom_image(&d, &(dicom_shape){ 4, 4, 8, 8, 0, NULL, 0, 0 });
    if (place == 1) {
        dicom_item(&item, &d);
        dicom_words(&item, SX_TAG(0x0028, 0x3002), "US", (const uint16_t[3]){ 4, 0, 16 }, 3);
        dicom_bytes(&item, SX_TAG(0x0028, 0x3006), "OW", c->bytes, 8);
        dicom_sequence(&d, SX_TAG(0x0028, 0x3010), &item);
        dicom_end(&item);
    }
    if (place == 3) {
        dicom_words(&d, SX_TAG(0x0028, 0x3002), "US", (const uint16_t[3]){ 4, 0, 16 }, 3);
        dicom_bytes(&d, SX_TAG(0x0028, 0x3006), "OW", c->bytes, 8);
    }
    if (place == 2) memcpy(pixels + 4, c->bytes, strlen(c->bytes));
    dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", pixels, 16);
    const bool ok =
        sx_deid_file(d.bytes.data, d.bytes.len, "in", &options, &out, &n, pairs, cleaned, &err);
    if (c->message)
        CHECK_FAILS(ok, err, place == 1 ? SX_ERR_FORMAT : SX_ERR_UNSUPPORTED, c->message);
    else
        CHECK_OK(ok, err);
    if (ok) assert_null(memmem(out, n, c->bytes, 6));
    free(out);
    dicom_end(&d);
}

static void names_among_numbers(void **state) {
    (void)state;
    static const char remains[] = "in: the value of (0010,0010) would remain";
    static const char text[] = "in: cannot be de-identified: LUT Data hold text";
    check_name(&(name_case){ "Muller^Hans", "Muller??", NULL }, 0); /* 4.8e-4 */
    check_name(&(name_case){ "Wang^Li", "\1\2Wang\3\4", text }, 1);
    check_name(&(name_case){ "Wang^Li", "\1\2\3\4Wang", text }, 1);
    check_name(&(name_case){ "Muller^Hans", "MUL-LER", remains }, 2);
    check_name(&(name_case){ "Wang^Li", "WangWang", NULL }, 3);
}

/* ---- very many elements: without limits each of these took minutes or hours ---- */

typedef enum many { ITEMS, ELEMENTS, FALLING, VALUES } many;

static void put_header(sx_str *s, uint16_t group, uint16_t element, const char *vr) {
    sx_str_append_le(s, group, 2);
    sx_str_append_le(s, element, 2);
    sx_str_append(s, vr, 2);
}

static void put_items(sx_str *s, size_t count) {
    put_header(s, 0x0008, 0x1140, "SQ");
    sx_str_append_le(s, 0xFFFFFFFF0000, 6); /* undefined length */
    for (size_t i = 0; i < count; i++)
        sx_str_append_le(s, 0xE000FFFE, 8);
    sx_str_append_le(s, 0xE0DDFFFE, 8);
}

static void put_elements(sx_str *s, size_t count, bool falling) {
    for (size_t i = 0; i < count; i++) {
        const size_t k = falling ? count - 1 - i : i;
        put_header(s, (uint16_t)(9 + 2 * (k >> 16)), (uint16_t)k, "LO");
        sx_str_append_le(s, 0, 2);
    }
}

/* The same number again and again, beside 9,000 identifiers. */
static void put_values(test_dicom *d, size_t count) {
    sx_str s = { 0 };
    for (uint16_t k = 0; k < 9; k++) {
        s.len = 0;
        for (int i = 0; i < 1000; i++)
            sx_str_printf(&s, "%s%07d", i ? "\\" : "", k * 1000 + i);
        dicom_text(d, SX_TAG(9, 0x1000 + k), "LO", s.data);
    }
    s.len = 0;
    for (size_t i = 0; i < count; i++)
        sx_str_add(&s, i ? "\\1" : "1");
    dicom_text(d, SX_TAG(0x0018, 0x1065), "DS", s.data);
    sx_str_free(&s);
}

static bool deidentify_many(many what, size_t count, sx_error *err) {
    test_dicom d;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    uint8_t *out = NULL;
    size_t n = 0;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    if (what == ITEMS)
        put_items(&d.bytes, count);
    else if (what == VALUES)
        put_values(&d, count);
    else
        put_elements(&d.bytes, count, what == FALLING);
    dicom_image(&d, &(dicom_shape){ 2, 2, 16, 16, 0, NULL, 0, 0 });
    dicom_pixels(&d, (const uint16_t[4]){ 0 }, 4);
    const bool ok =
        sx_deid_file(d.bytes.data, d.bytes.len, "in", &options, &out, &n, pairs, cleaned, err);
    free(out);
    dicom_end(&d);
    return ok;
}

static void very_many_elements(void **state) {
    (void)state;
    static const struct {
        many what;
        size_t count;
        const char *message; /* NULL: de-identified */
    } cases[] = {
        { ITEMS, 300000, NULL },
        { ITEMS, 1000001, "in: more than 1000000 elements, items and fragments" },
        { ELEMENTS, 60000, NULL },
        { ELEMENTS, 100001, "in: more than 100000 elements" },
        { FALLING, 5000, NULL },
        { FALLING, 60000, "elements are not in ascending order" },
        { VALUES, 1000, NULL },
        { VALUES, 30000, "in: too many values are to be compared" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        const bool ok = deidentify_many(cases[i].what, cases[i].count, &err);
        if (cases[i].message)
            CHECK_FAILS(ok, err, SX_ERR_LIMIT, cases[i].message);
        else
            CHECK_OK(ok, err);
    }
}

/* Also where only the header is read. */
static void film_of_many_elements(void **state) {
    (void)state;
    test_dicom d;
    sx_error err = { 0 };
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    put_elements(&d.bytes, 2000000, false);
    CHECK_FAILS(sx_film_from_memory(d.bytes.data, d.bytes.len, "in", NULL, &err), err, SX_ERR_LIMIT,
                "in: more than 100000 elements");
    dicom_end(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patients_without_an_id),
        cmocka_unit_test(long_ids_that_differ_at_the_end),
        cmocka_unit_test(words_that_repeat_a_value),
        cmocka_unit_test(fraction_that_repeats_an_id),
        cmocka_unit_test(names_among_numbers),
        cmocka_unit_test(very_many_elements),
        cmocka_unit_test(film_of_many_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
