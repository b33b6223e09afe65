#include "service/worklist/verdict_file.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"

/* ---- columns ---- */

enum { STUDY, ACCESSION, VERDICT, READER, DATE, COMMENT, AGREES, REVISION, COLUMNS };

static const char *const names[COLUMNS] = { "study_uid", "accession", "verdict", "reader",
                                            "date",      "comment",   "agrees",  "revision" };

static bool find_columns(const sx_csv *c, int column[COLUMNS], sx_error *err) {
    for (int i = 0; i < COLUMNS; i++)
        column[i] = sx_csv_find(c, names[i]);
    for (size_t i = 0; i < sx_csv_columns(c); i++) {
        int known = 0;
        while (known < COLUMNS && strcmp(sx_csv_name(c, i), names[known]) != 0)
            known++;
        if (known == COLUMNS)
            return sx_csv_fail(c, err, "no column of verdicts: %.40s", sx_csv_name(c, i));
    }
    if (column[STUDY] < 0 && column[ACCESSION] < 0)
        return sx_csv_need(c, names[STUDY], &column[STUDY], err);
    for (int i = VERDICT; i <= DATE; i++)
        if (!sx_csv_need(c, names[i], &column[i], err)) return false;
    return true;
}

/* ---- dates ---- */

/* Days from 1970-01-01 in the Gregorian calendar; year 1 to 9999. */
static int64_t days_until(int year, int month, int day) {
    static const int before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    const int past = year - 1, leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return (int64_t)past * 365 + past / 4 - past / 100 + past / 400 + before[month - 1] +
           (month > 2 ? leap : 0) + day - 1 - 719162;
}

/* A number of exactly n digits from *at, in least..most; moves *at behind it and `end`. */
static bool take_number(const char **at, int n, const char *end, int least, int most, int *out) {
    *out = 0;
    for (int i = 0; i < n; i++) {
        if (!sx_is_digit((*at)[i])) return false;
        *out = *out * 10 + (*at)[i] - '0';
    }
    *at += n;
    const size_t length = strlen(end);
    if (strncmp(*at, end, length) != 0) return false;
    *at += length;
    return *out >= least && *out <= most;
}

static int days_in(int year, int month) {
    return (int)(month == 12 ? 31 : days_until(year, month + 1, 1) - days_until(year, month, 1));
}

static bool read_time(const char *at, int64_t *milliseconds) {
    int hour, minute, second, fraction = 0;
    if (!take_number(&at, 2, ":", 0, 23, &hour) || !take_number(&at, 2, ":", 0, 59, &minute) ||
        !take_number(&at, 2, "", 0, 59, &second))
        return false;
    if (*at == '.') {
        at++;
        if (!take_number(&at, 3, "", 0, 999, &fraction)) return false;
    }
    *milliseconds = ((int64_t)hour * 3600 + minute * 60 + second) * 1000 + fraction;
    return strcmp(at, "Z") == 0;
}

static bool read_date(const char *text, int64_t *at) {
    int year, month, day;
    int64_t milliseconds = 0;
    if (!take_number(&text, 4, "-", 1, 9999, &year) || !take_number(&text, 2, "-", 1, 12, &month) ||
        !take_number(&text, 2, "", 1, 31, &day) || day > days_in(year, month))
        return false;
    if (*text && (*text != 'T' || !read_time(text + 1, &milliseconds))) return false;
    *at = days_until(year, month, day) * 86400000 + milliseconds;
    return true;
}

static void put_date(sx_str *out, int64_t at) {
    struct tm t = { 0 };
    int64_t part = at % 86400000;
    if (part < 0) part += 86400000;
    const time_t seconds = (time_t)((at - part) / 1000);
    if (!gmtime_r(&seconds, &t)) return;
    sx_str_printf(out, "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
    if (!part) return;
    sx_str_printf(out, "T%02d:%02d:%02d", (int)(part / 3600000), (int)(part / 60000 % 60),
                  (int)(part / 1000 % 60));
    if (part % 1000) sx_str_printf(out, ".%03d", (int)(part % 1000));
    sx_str_add(out, "Z");
}

/* ---- a row ---- */

static bool fail_column(const sx_csv *c, int column, sx_error *err, const char *what) {
    const char *text = sx_csv_field(c, column);
    return sx_csv_fail(c, err, "column %s: %s, not \"%.40s\"", sx_csv_name(c, (size_t)column), what,
                       text);
}

/* A text of least bytes to the room that is there. */
static bool copy_text(const sx_csv *c, int column, size_t least, char *out, size_t size,
                      sx_error *err) {
    const char *text = sx_csv_field(c, column);
    const size_t n = strlen(text);
    if (n < least || n >= size)
        return sx_csv_fail(c, err, "column %s: a text of %zu to %zu bytes, not %zu",
                           sx_csv_name(c, (size_t)column), least, size - 1, n);
    memcpy(out, text, n + 1);
    return true;
}

static bool read_choice(const sx_csv *c, const int column[COLUMNS], sx_opinion *o, sx_error *err) {
    const char *verdict = sx_csv_field(c, column[VERDICT]),
               *agrees = sx_csv_field(c, column[AGREES]);
    if (!sx_opinion_is_verdict(verdict))
        return fail_column(c, column[VERDICT], err, "abnormal, normal, unsure or empty");
    sx_format(o->verdict, sizeof o->verdict, "%s", verdict);
    if (*agrees && strcmp(agrees, "yes") != 0 && strcmp(agrees, "no") != 0)
        return fail_column(c, column[AGREES], err, "yes, no or empty");
    o->agrees = !*agrees ? -1 : strcmp(agrees, "yes") == 0;
    return true;
}

static bool read_numbers(const sx_csv *c, const int column[COLUMNS], sx_opinion *o, sx_error *err) {
    long revision = -1;
    if (!read_date(sx_csv_field(c, column[DATE]), &o->at))
        return fail_column(c, column[DATE], err,
                           "a date such as 2026-11-28 or "
                           "2026-11-28T09:30:00Z");
    if (*sx_csv_field(c, column[REVISION]) &&
        !sx_csv_long(c, column[REVISION], 0, 1000000, &revision, err))
        return false;
    o->revision = revision;
    return true;
}

/* A column that is absent is "" everywhere. */
static bool read_row(const sx_csv *c, const int column[COLUMNS], sx_verdict_row *row,
                     sx_error *err) {
    sx_opinion *o = &row->opinion;
    *row = (sx_verdict_row){ .opinion = { .revision = -1 } };
    if ((column[STUDY] >= 0 &&
         !copy_text(c, column[STUDY], 0, o->study_uid, sizeof o->study_uid, err)) ||
        (column[ACCESSION] >= 0 &&
         !copy_text(c, column[ACCESSION], 0, row->accession, sizeof row->accession, err)) ||
        !copy_text(c, column[READER], 1, o->who, sizeof o->who, err) ||
        (column[COMMENT] >= 0 &&
         !copy_text(c, column[COMMENT], 0, o->comment, sizeof o->comment, err)) ||
        !read_choice(c, column, o, err) || !read_numbers(c, column, o, err))
        return false;
    if (!*o->study_uid && !*row->accession)
        return sx_csv_fail(c, err, "columns study_uid and accession: both are empty");
    if (!*o->verdict && !*o->comment && o->agrees < 0)
        return sx_csv_fail(c, err, "column verdict: it is empty, and so are agrees and comment");
    return true;
}

bool sx_verdicts_read(const void *bytes, size_t n, const char *name, sx_verdict_fn *each,
                      void *user, sx_error *err) {
    int column[COLUMNS];
    bool failed = false;
    sx_verdict_row row;
    sx_csv *c = sx_csv_from_memory(bytes, n, name, err);
    if (!c) return false;
    bool ok = find_columns(c, column, err);
    while (ok && sx_csv_next(c, &failed, err))
        ok = read_row(c, column, &row, err) && each(user, &row, c, err);
    sx_csv_close(c);
    return ok && !failed;
}

/* ---- writing ---- */

void sx_verdicts_put_header(sx_str *out) {
    for (int i = 0; i < COLUMNS; i++)
        sx_str_printf(out, "%s%s", i ? "," : "", names[i]);
    sx_str_add(out, "\n");
}

void sx_verdicts_put(sx_str *out, const sx_verdict_row *row) {
    const sx_opinion *o = &row->opinion;
    const char *const texts[] = { o->study_uid, row->accession, o->verdict, o->who };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sx_csv_put(out, texts[i]);
        sx_str_add(out, ",");
    }
    put_date(out, o->at);
    sx_str_add(out, ",");
    sx_csv_put(out, o->comment);
    sx_str_printf(out, ",%s,", o->agrees < 0 ? "" : o->agrees ? "yes" : "no");
    if (o->revision >= 0) sx_str_printf(out, "%lld", (long long)o->revision);
    sx_str_add(out, "\n");
}
