/* De-identification of films that were made to mislead it. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"

#include "dicom/deid.h"

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
    const patient doe = { "", "Doe^Jane", "19510203", "1.2.3" };
    check_patients(&doe, &(patient){ NULL, "DOE^JANE ", "19510203", "1.2.4" }, true);
    check_patients(&doe, &(patient){ "", "Roe^Jane", "19510203", "1.2.3" }, false);
    check_patients(&doe, &(patient){ "", "Doe^Jane", "19520203", "1.2.3" }, false);
    check_patients(&doe, &(patient){ "", NULL, "19510203", "1.2.3" }, false);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patients_without_an_id),
        cmocka_unit_test(long_ids_that_differ_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
