#include "base/age.h"

#include <math.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"

double sx_age_of(double years) {
    if (!(years >= 0 && years < 200)) return NAN;
    return years < 1e-4 ? 0 : years; /* -0, and numbers that need an exponent */
}

double sx_age_years(const char *text) {
    static const struct {
        char unit;
        double per_year;
    } units[] = { { 'Y', 1 }, { 'M', 12 }, { 'W', 365.25 / 7 }, { 'D', 365.25 } };
    char *end;
    const double value = sx_strtod(text, &end);
    if (strspn(text, "0123456789.") != (size_t)(end - text)) return NAN; /* "0x10", "1e1", "inf" */
    double years = *end ? (double)NAN : value;
    const char *unit = end + strspn(end, " ");
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        if (sx_to_upper(unit[0]) == units[k].unit && !unit[1]) years = value / units[k].per_year;
    return end != text ? sx_age_of(years) : (double)NAN;
}

bool sx_is_dicom_age(const char *text) {
    return strspn(text, "0123456789") == 3 && strlen(text) == 4 && strchr("YMWD", text[3]) != NULL;
}
