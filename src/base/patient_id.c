#include "base/patient_id.h"

#include <stddef.h>
#include <string.h>

#include "base/ascii.h"

/* Without spaces and punctuation. Surnames are not in the list, except in the names of nobody. */
static const char *const placeholders[] = {
    "ANON",
    "ANONIM",
    "ANONIMO",
    "ANONYM",
    "ANONYME",
    "ANONYMISE",
    "ANONYMISED",
    "ANONYMISIERT",
    "ANONYMIZED",
    "ANONYMOUS",
    "ANONYMUS",
    "DEFAULT",
    "DEIDENTIFIED",
    "DESCONOCIDO",
    "DOEJANE",
    "DOEJOHN",
    "DUMMY",
    "EMERGENCY",
    "HIDDEN",
    "ID",
    "IGNOTO",
    "INCONNU",
    "JANEDOE",
    "JOHNDOE",
    "MISSING",
    "NA",
    "NAME",
    "NAMELESS",
    "NAN",
    "NIL",
    "NN",
    "NOID",
    "NOIDENTIFIER",
    "NONAME",
    "NONE",
    "NONEENTERED",
    "NONEGIVEN",
    "NONUMBER",
    "NOPATIENT",
    "NOPATIENTID",
    "NOPATIENTNAME",
    "NOPID",
    "NOTAPPLICABLE",
    "NOTASSIGNED",
    "NOTAUFNAHME",
    "NOTAVAILABLE",
    "NOTENTERED",
    "NOTFALL",
    "NOTGIVEN",
    "NOTKNOWN",
    "NOTPROVIDED",
    "NOTRECORDED",
    "NOTSPECIFIED",
    "NOTSUPPLIED",
    "NULL",
    "PATIENT",
    "PATIENTID",
    "PATIENTNAME",
    "PHANTOM",
    "POLYTRAUMA",
    "PSEUDONYMISED",
    "PSEUDONYMIZED",
    "REDACTED",
    "REMOVED",
    "SCHOCKRAUM",
    "SCONOSCIUTO",
    "TEMP",
    "TEST",
    "TRAUMA",
    "UNASSIGNED",
    "UNAVAILABLE",
    "UNBEKANNT",
    "UNBEKANNTMAENNLICH",
    "UNBEKANNTMANNLICH",
    "UNBEKANNTM\xC3\x84NNLICH",
    "UNBEKANNTM\xC3\xA4NNLICH",
    "UNBEKANNTWEIBLICH",
    "UNDEFINED",
    "UNIDENTIFIED",
    "UNK",
    "UNKNOWN",
    "UNKNOWNFEMALE",
    "UNKNOWNMALE",
    "UNNAMED",
    "UNSPECIFIED",
    "URGENCE",
    "URGENCES",
    "URGENCIAS",
    "URGENZA",
};

enum { LONGEST = 24 };

static bool is_letter_or_digit(char c) {
    return sx_is_digit(c) || sx_is_letter(c) || (unsigned char)c >= 0x80;
}

/* word[n] is NUL-terminated; n counts characters that did not fit, too. */
static bool is_listed(const char *word, size_t n) {
    for (size_t i = 0; n < LONGEST && i < sizeof placeholders / sizeof *placeholders; i++)
        if (strcmp(word, placeholders[i]) == 0) return true;
    return false;
}

/* The next word of *text in upper case, and its length. */
static size_t next_word(const char **text, char word[LONGEST]) {
    size_t n = 0;
    while (**text && !is_letter_or_digit(**text))
        ++*text;
    for (; is_letter_or_digit(**text); ++*text, n++)
        if (n + 1 < LONGEST) word[n] = (char)sx_to_upper(**text);
    word[n < LONGEST ? n : LONGEST - 1] = '\0';
    return n;
}

static bool has_only_listed_words(const char *id) {
    char word[LONGEST];
    for (size_t n; (n = next_word(&id, word)) > 0;)
        if (!is_listed(word, n)) return false;
    return true;
}

/* The whole without separators: a phrase of the list, or one repeated 0 or X. */
static bool is_phrase(const char *id) {
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
    return repeated || is_listed(word, n);
}

/* -1, -9, -99 ...: codes for a missing value. */
static bool is_missing_code(const char *id) {
    while (sx_is_space(*id))
        id++;
    if (*id++ != '-') return false;
    const size_t n = *id == '1' ? 1 : strspn(id, "9");
    for (id += n; sx_is_space(*id);)
        id++;
    return n > 0 && *id == '\0';
}

bool sx_patient_is_placeholder(const char *id) {
    return is_phrase(id) || is_missing_code(id) || has_only_listed_words(id);
}

bool sx_patient_is_doubtful(const char *id) {
    char word[LONGEST];
    size_t words = 0, digits = 0, n;
    while ((n = next_word(&id, word)) > 0) {
        const size_t letters = n < LONGEST ? strcspn(word, "0123456789") : n;
        const size_t number = n < LONGEST ? strspn(word + letters, "0123456789") : 0;
        if (letters + number != n) return false;
        digits += number;
        word[letters < LONGEST ? letters : LONGEST - 1] = '\0';
        if (letters && !is_listed(word, letters)) return false;
        words += letters > 0;
    }
    return words && digits >= 1 && digits <= 3;
}

bool sx_patient_is_known(const char *id, bool numbered) {
    return !sx_patient_is_placeholder(id) || (numbered && strcmp(id, "0") == 0);
}
