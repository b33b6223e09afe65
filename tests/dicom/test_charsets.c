/* Texts in the character sets of SpecificCharacterSet, and in others. */
#include <string.h>

#include "dicom/charsets.h"
#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"

static sx_error err;

static void test_charsets(void **state) {
    (void)state;
    static const struct {
        const char *charset, *bytes, *text;
        bool guessed;
    } cases[] = {
        { "ISO_IR 100", "M\xFCller", "Müller" },
        { "", "M\xFCller", "Müller" },
        { "ISO_IR 192", "M\xC3\xBCller", "Müller" },
        { "ISO_IR 101", "\xA3\xF3\x64\xBC", "Łódź" },
        { "ISO_IR 109", "\xA6\xF6", "Ĥö" },
        { "ISO_IR 110", "\xE0\xF1", "āņ" },
        { "ISO_IR 144", "\xBC\xDE\xE1\xDA\xD2\xD0", "Москва" },
        { "ISO_IR 127", "\xE2\xC8\xC7\xE6\xEA", "قباني" },
        { "ISO_IR 126", "\xC4\xE9\xEF\xED\xF5\xF3\xE9\xEF\xF2", "Διονυσιος" },
        { "ISO_IR 138", "\xF9\xF8\xE5\xEF", "שרון" },
        { "ISO_IR 148", "\xDDlker \xFE", "İlker ş" },
        { "ISO_IR 203", "\xA4", "€" },
        { "ISO_IR 166", "\xCA\xC1", "สม" },
        { "ISO_IR 13", "\xD4\xCF\xC0\xDE", "ﾔﾏﾀﾞ" },
        { "GB18030", "\xCD\xF5\xD0\xA1\xB6\xAB", "王小东" },
        { "GBK", "\xCD\xF5\xD0\xA1\xB6\xAB", "王小东" },
        { "GB18030",
          "\x95\x5C"
          "A",
          "昞A" }, /* the second byte is a backslash */
        { "\\ISO 2022 IR 87", "\x1B$B;3ED\x1B(B", "山田" },
        { "ISO 2022 IR 6\\ISO 2022 IR 87", "A\x1B$B;3\x1B(BB", "A山B" },
        { "\\ISO 2022 IR 87", "\x1B$BI=\x1B(B", "表" },
        { "\\ISO 2022 IR 159", "\x1B$(DB.\x1B(B", "昳" },
        { "ISO 2022 IR 13\\ISO 2022 IR 87", "\xD4\xCF\xC0\xDE \x1B$B;3ED\x1B(J", "ﾔﾏﾀﾞ 山田" },
        { "\\ISO 2022 IR 149", "\x1B$)C\xB1\xE8\xC8\xF1\xC1\xDF", "김희중" },
        { "\\ISO 2022 IR 58", "\x1B$)A\xCD\xF5", "王" },
        { "ISO 2022 IR 100\\ISO 2022 IR 144", "\xFC \x1B-L\xBC\xDE", "ü Мо" },
        { "ISO 2022 IR 100\\ISO 2022 IR 144", "\x1B-L\xBC^\xFC", "М^ü" }, /* a new part begins */
        { "iso_ir_144", "\xBC", "М" },
        { "\\ISO 2022 IR 87", "\x1B", "" },
        /* Shift JIS where JIS X 0201 is stated; Latin 1 for what is neither */
        { "ISO_IR 13", "\x8E\x52\x93\x63 \xD4\xCF", "山田 ﾔﾏ" },
        { "ISO_IR 13", "\x95\x5C", "表" }, /* the second byte is a backslash */
        { "ISO 2022 IR 13", "\x8E\x52", "山" },
        { "ISO_IR 13", "\xE5\xB1\xB1", "山" },
        { "ISO_IR 13", "\xD4 \x81", "ﾔ \xC2\x81", true },
        /* names of none */
        { "UTF-8", "M\xC3\xBCller", "Müller" },
        { "ISO_IR 999", "M\xC3\xBCller", "Müller" },
        { "ISO 2022 IR 999", "M\xC3\xBCller", "Müller" },
        { "ISO_IR 999", "M\xFCller", "Müller", true },
        { "UTF-8", "\xC3\xBC\xFC", "üü", true },
        { "no such set", "\xFC", "ü", true },
        { "ISO-8859-5", "\xBC\xDE", "Мо" },
        { "ISO8859-1", "\xFC", "ü" },
        { "ISO 8859-12", "\xFC", "ü", true },
        /* bytes that the set does not have */
        { "GB18030", "\xCD\xF5\xFF", "王ÿ", true },
        { "ISO_IR 138", "\xFF", "ÿ", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sx_film_options header_only = { .header_only = true };
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", cases[i].charset);
        dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", cases[i].bytes);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &header_only, &err);
        CHECK_OK(f, err);
        if (strcmp(f->info.patient_id, cases[i].text) != 0)
            fail_msg("%s: '%s', not '%s'", cases[i].charset, f->info.patient_id, cases[i].text);
        assert_int_equal(f->info.guessed_text, cases[i].guessed ? SX_TAG(0x0010, 0x0020) : 0);
        sx_film_free(f);
        dicom_end(&d);
    }
}

/* Also in the item of a sequence. */
static void test_guessed_text(void **state) {
    (void)state;
    static const uint16_t pixels[] = { 1, 2, 3, 4 };
    test_dicom d, item;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", "ISO_IR 999");
    dicom_item(&item, &d);
    dicom_text(&item, SX_TAG(0x0008, 0x0104), "LO",
               "R\xFC"
               "cken");
    dicom_sequence(&d, SX_TAG(0x0008, 0x2218), &item);
    dicom_end(&item);
    dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, "MONOCHROME2", 0, 0 });
    dicom_pixels(&d, pixels, 4);
    dicom_check_warning(&d,
                        "the text of (0008,0104) has bytes that its SpecificCharacterSet \"ISO_IR "
                        "999\" does not define; they are read as Latin 1");
    dicom_end(&d);
}

/* A text that does not fit ends with a whole character. */
static void test_long_text(void **state) {
    (void)state;
    char text[2 * 64 + 1];
    const sx_film_options header_only = { .header_only = true };
    test_dicom d;
    for (int i = 0; i < 64; i++)
        memcpy(text + 2 * i, "\xCD\xF5", 3);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", "GB18030");
    dicom_text(&d, SX_TAG(0x0008, 0x0050), "SH", text);
    dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", text);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &header_only, &err);
    CHECK_OK(f, err);
    assert_int_equal(strlen(f->info.patient_id), 3 * 64);
    assert_int_equal(strlen(f->info.accession) % 3, 0);
    sx_film_free(f);
    dicom_end(&d);
}

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charsets),
        cmocka_unit_test(test_guessed_text),
        cmocka_unit_test(test_long_text),
    };
    return cmocka_run_group_tests_name("character sets", tests, NULL, end);
}
