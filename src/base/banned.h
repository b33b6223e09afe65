/* Functions of the C library that this program does not use. Calling one is a compile error.
 *
 * src/meson.build includes this header before every C file of src/ (-include). tests/meson.build
 * includes it before every test, with SX_TEST_CODE, because a test may change its own process and
 * start programs. C++ files do not include it, because DCMTK's headers name some of these
 * functions, and the headers of the C++ library undefine the macros. */
#ifndef SX_BASE_BANNED_H
#define SX_BASE_BANNED_H

/* This header is included first, so it also selects the C library's features. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

/* The declarations come first, because the macros below would change them. */
#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#define SX_BANNED(name) sx_##name##_is_banned_see_base_banned_h

/* They write past the end of a buffer, or leave it without its NUL (strncpy). Use snprintf, sx_str
 * or memcpy with a length that was checked. */
#undef strcpy
#define strcpy(...) SX_BANNED(strcpy)
#undef stpcpy
#define stpcpy(...) SX_BANNED(stpcpy)
#undef strcat
#define strcat(...) SX_BANNED(strcat)
#undef strncpy
#define strncpy(...) SX_BANNED(strncpy)
#undef stpncpy
#define stpncpy(...) SX_BANNED(stpncpy)
#undef strncat
#define strncat(...) SX_BANNED(strncat)
#undef sprintf
#define sprintf(...) SX_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) SX_BANNED(vsprintf)
#undef gets
#define gets(...) SX_BANNED(gets)
#undef alloca
#define alloca(...) SX_BANNED(alloca)

/* They ignore text that is not a number, and numbers that do not fit. Use sx_parse_double and
 * sx_parse_long. */
#undef atoi
#define atoi(...) SX_BANNED(atoi)
#undef atol
#define atol(...) SX_BANNED(atol)
#undef atoll
#define atoll(...) SX_BANNED(atoll)
#undef atof
#define atof(...) SX_BANNED(atof)

/* They read a decimal comma where the host's locale has one. Use sx_strtod, sx_strtof and
 * sx_parse_double. */
#undef strtod
#define strtod(...) SX_BANNED(strtod)
#undef strtof
#define strtof(...) SX_BANNED(strtof)
#undef strtold
#define strtold(...) SX_BANNED(strtold)

/* They depend on the locale. Use base/ascii.h. */
#undef strcasecmp
#define strcasecmp(...) SX_BANNED(strcasecmp)
#undef strncasecmp
#define strncasecmp(...) SX_BANNED(strncasecmp)
#undef isalnum
#define isalnum(...) SX_BANNED(isalnum)
#undef isalpha
#define isalpha(...) SX_BANNED(isalpha)
#undef isdigit
#define isdigit(...) SX_BANNED(isdigit)
#undef islower
#define islower(...) SX_BANNED(islower)
#undef isprint
#define isprint(...) SX_BANNED(isprint)
#undef ispunct
#define ispunct(...) SX_BANNED(ispunct)
#undef isspace
#define isspace(...) SX_BANNED(isspace)
#undef isupper
#define isupper(...) SX_BANNED(isupper)
#undef isxdigit
#define isxdigit(...) SX_BANNED(isxdigit)
#undef tolower
#define tolower(...) SX_BANNED(tolower)
#undef toupper
#define toupper(...) SX_BANNED(toupper)

/* They keep their result or their position in storage that all threads share. Use gmtime_r,
 * localtime_r, strftime, strtok_r and sx_rng. */
#undef strtok
#define strtok(...) SX_BANNED(strtok)
#undef gmtime
#define gmtime(...) SX_BANNED(gmtime)
#undef localtime
#define localtime(...) SX_BANNED(localtime)
#undef ctime
#define ctime(...) SX_BANNED(ctime)
#undef asctime
#define asctime(...) SX_BANNED(asctime)
#undef ctime_r
#define ctime_r(...) SX_BANNED(ctime_r)
#undef asctime_r
#define asctime_r(...) SX_BANNED(asctime_r)
#undef rand
#define rand(...) SX_BANNED(rand)
#undef srand
#define srand(...) SX_BANNED(srand)
#undef random
#define random(...) SX_BANNED(random)
#undef drand48
#define drand48(...) SX_BANNED(drand48)

#ifndef SX_TEST_CODE

/* They change the state of the whole process while other threads run. Pass the mode to open, and
 * values as arguments. */
#undef umask
#define umask(...) SX_BANNED(umask)
#undef setenv
#define setenv(...) SX_BANNED(setenv)
#undef unsetenv
#define unsetenv(...) SX_BANNED(unsetenv)
#undef putenv
#define putenv(...) SX_BANNED(putenv)
#undef setlocale
#define setlocale(...) SX_BANNED(setlocale)

/* Others can guess the name or create the file first. Use mkstemp or O_EXCL. */
#undef mktemp
#define mktemp(...) SX_BANNED(mktemp)
#undef tmpnam
#define tmpnam(...) SX_BANNED(tmpnam)
#undef tempnam
#define tempnam(...) SX_BANNED(tempnam)
#undef tmpfile
#define tmpfile(...) SX_BANNED(tmpfile)

/* They pass text to a shell. */
#undef system
#define system(...) SX_BANNED(system)
#undef popen
#define popen(...) SX_BANNED(popen)

#endif

#endif
