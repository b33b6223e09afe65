#include "support/page_check.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

enum { DEPTH = 64, NAME = 24 };

typedef struct open_elements {
    char names[DEPTH][NAME];
    int count;
} open_elements;

/* The value of an attribute of the tag that ends at `end`, in quotes; its length, -1: none. */
static int attribute(const char *tag, const char *end, const char *name, const char **value) {
    const size_t n = strlen(name);
    for (const char *p = tag; p + n + 2 < end; p++)
        if (p[0] == ' ' && memcmp(p + 1, name, n) == 0 && p[n + 1] == '=' && p[n + 2] == '"') {
            *value = p + n + 3;
            return (int)strcspn(*value, "\"");
        }
    return -1;
}

static int count_ids(const char *html, const char *id, int length) {
    char text[160];
    int count = 0;
    snprintf(text, sizeof text, " id=\"%.*s\"", length, id);
    for (const char *p = html; (p = strstr(p, text)) != NULL; p++)
        count++;
    return count;
}

static void check_attributes(const char *html, const char *tag, const char *end) {
    const char *v;
    int n = attribute(tag, end, "id", &v);
    if (n >= 0 && count_ids(html, v, n) != 1) fail_msg("the id %.*s occurs twice", n, v);
    n = attribute(tag, end, "href", &v);
    if (n == 0 || (n > 0 && (v[0] == '/' || memchr(v, ':', (size_t)n))))
        fail_msg("a link to %.*s", n, v);
    if (n > 0 && v[0] == '#' && count_ids(html, v + 1, n - 1) != 1)
        fail_msg("nothing has the id %.*s", n, v);
    if (strncmp(tag, "<img", 4) != 0) return;
    n = attribute(tag, end, "alt", &v);
    if (n < 4) fail_msg("a picture without a text: %.100s", tag);
    n = attribute(tag, end, "src", &v);
    const bool embedded = n > 11 && strncmp(v, "data:image/", 11) == 0;
    if (n < 1 || (!embedded && (v[0] == '/' || memchr(v, ':', (size_t)n))))
        fail_msg("a picture from %.*s", n, v);
}

static bool is_void(const char *name) {
    return strcmp(name, "meta") == 0 || strcmp(name, "img") == 0;
}

/* The end of a tag: a > that is not in quotes. */
static const char *end_of(const char *tag) {
    bool quoted = false;
    const char *p = tag;
    for (; *p && (quoted || *p != '>'); p++)
        quoted ^= *p == '"';
    if (!*p) fail_msg("a tag without an end: %.100s", tag);
    return p;
}

static void take_tag(open_elements *o, const char *html, const char *tag, const char *end) {
    char name[NAME];
    const bool closes = tag[1] == '/';
    snprintf(name, sizeof name, "%.*s", (int)strcspn(tag + 1 + closes, " >/\n"), tag + 1 + closes);
    if (closes) {
        if (o->count == 0 || strcmp(o->names[o->count - 1], name) != 0)
            fail_msg("</%s> closes <%s>", name, o->count ? o->names[o->count - 1] : "");
        o->count--;
        return;
    }
    /* the page's own; what it contains is no element */
    if (strcmp(name, "script") == 0 && end[-1] != 't') fail_msg("a script with attributes");
    check_attributes(html, tag, end);
    if (is_void(name) || end[-1] == '/') return;
    assert_true(o->count < DEPTH);
    snprintf(o->names[o->count++], NAME, "%s", name);
}

void check_page(const char *html) {
    open_elements o = { .count = 0 };
    if (strncmp(html, "<!doctype html>", 15) != 0) fail_msg("no doctype: %.40s", html);
    for (const char *p = html + 15; (p = strchr(p, '<')) != NULL;) {
        const char *end = end_of(p);
        take_tag(&o, html, p, end);
        p = end;
        if (strncmp(end - 7, "<script>", 8) != 0) continue;
        p = strstr(end, "</script>");
        if (!p || strstr(p + 1, "<script")) fail_msg("a script without an end, or a second one");
    }
    if (o.count) fail_msg("<%s> is not closed", o.names[o.count - 1]);
}
