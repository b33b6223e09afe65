/* Names of persons in several character sets, for test_deidentify_planted.c. */
#ifndef TESTS_SUPPORT_PERSON_NAMES_H
#define TESTS_SUPPORT_PERSON_NAMES_H

#include <stddef.h>

typedef enum charset { LATIN_1, UTF_8, GB, ISO_2022, NO_CHARSET, CHARSETS } charset;

static const char *const charset_names[] = { "ISO_IR 100", "ISO_IR 192", "GB18030",
                                             "ISO 2022 IR 6\\ISO 2022 IR 100", NULL };

/* Names hold a letter behind P: replacements are made of A to P. own: by character set. */
static const struct name {
    const char *own[CHARSETS][2], *plain[2], *wide[2];
} names[] = {
    { { { "M\xFCLLER", "Hansj\xF6rg" },
        { "M\xC3\x9CLLER", "Hansj\xC3\xB6rg" },
        { "Muller", "Hansjorg" },
        { "M\xFCLLER", "Hansj\xF6rg" },
        { "Muller", "Hansjorg" } },
      { "Muller", "Hansjorg" },
      { "Mueller", "Hansjoerg" } },
    { { { "Nguyen", "Thuytrang" },
        { "Nguy\xE1\xBB\x85n", "Th\xC3\xB9ytrang" },
        { "Nguyen", "Thuytrang" },
        { "Nguyen", "Thuytrang" },
        { "Nguyen", "Thuytrang" } },
      { "Nguyen", "Thuytrang" },
      { NULL, NULL } },
    { { { "\xD8sterg\xE5rd", "S\xF8ren" },
        { "\xC3\x98sterg\xC3\xA5rd", "S\xC3\xB8ren" },
        { "Ostergard", "Soren" },
        { "\xD8sterg\xE5rd", "S\xF8ren" },
        { "Ostergard", "Soren" } },
      { "Ostergard", "Soren" },
      { "Oestergaard", "Soeren" } },
    { { { "Wang", "Xiaodong" },
        { "\xE7\x8E\x8B\xE7\x8E\x8B", "\xE6\x99\x93\xE4\xB8\x9C" },
        { "\xCD\xF5\xCD\xF5", "\xCF\xFE\xB6\xAB" },
        { "Wang", "Xiaodong" },
        { "Wang", "Xiaodong" } },
      { NULL, NULL }, /* its transliteration is not known */
      { NULL, NULL } },
    { { { "Garc\xEDs", "Asunci\xF3n" },
        { "Garc\xC3\xADs", "Asunci\xC3\xB3n" },
        { "Garcis", "Asuncion" },
        { "Garc\xEDs", "Asunci\xF3n" },
        { "Garcis", "Asuncion" } },
      { "Garcis", "Asuncion" },
      { NULL, NULL } },
};

#endif
