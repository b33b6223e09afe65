#include "data/patient_id.h"

#include <stddef.h>
#include <string.h>

#include "base/ascii.h"

static const char *const placeholders[] = {
    "ANON",      "ANONYMISED",  "ANONYMIZED",   "ANONYMOUS",    "DEIDENTIFIED", "DEFAULT",
    "DUMMY",     "HIDDEN",      "NA",           "NAN",          "NIL",          "NOID",
    "NONE",      "NOPATIENTID", "NOTAVAILABLE", "NOTSPECIFIED", "NULL",         "PATIENT",
    "PATIENTID", "REDACTED",    "REMOVED",      "TEST",         "UNDEFINED",    "UNIDENTIFIED",
    "UNK",       "UNKNOWN",     "UNSPECIFIED",
};

enum { LONGEST = 16 };

static bool is_letter_or_digit(char c) {
    return sx_is_digit(c) || sx_is_letter(c) || (unsigned char)c >= 0x80;
}

bool sx_patient_is_placeholder(const char *id) {
    char word[LONGEST] = "";
    size_t n = 0;
    bool repeated = true;
    for (; *id; id++) {
        const char c = (char)sx_to_upper(*id);
        if (!is_letter_or_digit(c)) continue;
        if (n + 1 < LONGEST) word[n] = c;
        repeated = repeated && (c == '0' || c == 'X') && c == word[0];
        n++;
    }
    if (repeated) return true;
    for (size_t i = 0; n < LONGEST && i < sizeof placeholders / sizeof *placeholders; i++)
        if (strcmp(word, placeholders[i]) == 0) return true;
    return false;
}
