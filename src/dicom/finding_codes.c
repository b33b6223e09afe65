/* The private coding scheme of findings. */
#include "dicom/finding_codes.h"

#include <string.h>

#include "base/ascii.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vindr_classes.h"

static const struct {
    sx_vindr_class class;
    const char *value, *meaning;
} codes[] = {
    { SX_VINDR_DISC_SPACE_NARROWING, "DISC_NARROWING", "Disc space narrowing" },
    { SX_VINDR_FORAMINAL_STENOSIS, "FORAM_STENOSIS", "Foraminal stenosis" },
    { SX_VINDR_OSTEOPHYTES, "OSTEOPHYTES", "Osteophytes" },
    { SX_VINDR_OTHER_LESIONS, "OTHER_LESIONS", "Other lesions" },
    { SX_VINDR_SPONDYLOLYSTHESIS, "SPONDYLOLISTH", "Spondylolisthesis" },
    { SX_VINDR_SURGICAL_IMPLANT, "IMPLANT", "Surgical implant" },
    { SX_VINDR_VERTEBRAL_COLLAPSE, "VERT_COLLAPSE", "Vertebral collapse" },
};

static bool is_letter_or_digit(char c) {
    return sx_is_letter(c) || sx_is_digit(c);
}

static void put_value(const char *label, char value[17]) {
    size_t n = 0, letters = 0;
    bool plain = true; /* nothing of the name is lost but blanks and case */
    for (const char *p = label; *p; p++) {
        if (is_letter_or_digit(*p)) {
            letters++;
            if (n < 16) value[n++] = (char)sx_to_upper(*p);
        } else if (*p != ' ') {
            plain = false;
        }
    }
    value[n] = '\0';
    if (plain && letters > 0 && letters <= 16) return;
    if (n > 9) n = 9;
    sx_format(value + n, 17 - n, "_%06x", (unsigned)(sx_xxh64(label, strlen(label), 0) & 0xFFFFFF));
}

static void put_meaning(const char *label, char meaning[65]) {
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)label; *p && n < 64; p++) {
        if ((*p & 0xC0) == 0x80) continue; /* later bytes of a character */
        const bool printable = *p >= 0x20 && *p < 0x7F && *p != '\\';
        meaning[n++] = printable ? (char)*p : '?';
    }
    if (n == 0) meaning[n++] = '?';
    meaning[n] = '\0';
}

void sx_finding_code_of(const char *label, sx_finding_code *out) {
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (strcmp(label, sx_vindr_class_name(codes[i].class)) != 0) continue;
        sx_format(out->value, sizeof out->value, "%s", codes[i].value);
        sx_format(out->meaning, sizeof out->meaning, "%s", codes[i].meaning);
        return;
    }
    put_value(label, out->value);
    put_meaning(label, out->meaning);
}

sx_code sx_finding_concept(const sx_finding_code *code) {
    return (sx_code){ code->value, SX_FINDING_SCHEME, code->meaning };
}
