/* The library always works in the "C" locale, whatever locale the host program has set.
 *
 * A host may call setlocale(LC_ALL, "") and then work in a locale in which the decimal separator is
 * a comma, or the upper case of "i" is not "I". Numbers in files, metadata and reports always have
 * a decimal point. Therefore:
 *
 * - every public call (src/api) and every thread that the library starts begins with
 *   SX_IN_C_LOCALE, so that printf and third-party code below it see the C locale. The locale is
 *   that of the thread (uselocale); other threads of the host do not notice;
 * - the host's callbacks run in the host's locale again: SX_IN_HOST_LOCALE;
 * - numbers are parsed with sx_strtod, sx_strtof and sx_parse_double (base/str.h), and errors and
 *   sx_str are formatted in the C locale even outside such a scope (OpenMP's threads have none);
 * - letters and digits are compared with base/ascii.h. */
#ifndef SX_BASE_C_LOCALE_H
#define SX_BASE_C_LOCALE_H

#include <locale.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_locale_scope {
    locale_t thread, host; /* to be restored */
} sx_locale_scope;

sx_locale_scope sx_c_locale_enter(void);
/* Restores the locale that this thread had at the outermost sx_c_locale_enter; in a thread of the
 * library, the locale of the process. */
sx_locale_scope sx_host_locale_enter(void);
void sx_locale_leave(const sx_locale_scope *scope);

/* The C locale as an object for strtod_l; (locale_t)0 if the system cannot make it. */
locale_t sx_c_locale(void);

/* In effect until the end of the enclosing block. Write it among its declarations. */
#define SX_IN_C_LOCALE                                                                             \
    __attribute__((cleanup(sx_locale_leave), unused)) const sx_locale_scope c_locale_scope =       \
        sx_c_locale_enter()
#define SX_IN_HOST_LOCALE                                                                          \
    __attribute__((cleanup(sx_locale_leave), unused)) const sx_locale_scope host_locale_scope =    \
        sx_host_locale_enter()

#ifdef __cplusplus
}
#endif

#endif
