/* Says which rows of a table of metadata have no film. */
#include "base/str.h"
#include "data/manifest_tables.h"

static void list_unmatched(const sx_film_matcher *x, const char *path, sx_str *s) {
    const size_t unmatched = x->unknown + x->ambiguous;
    sx_str_printf(s, "%s: %zu of %zu rows %s not used: ", path, unmatched, x->rows,
                  sx_noun(unmatched, "is", "are"));
    if (x->unknown)
        sx_str_printf(s, "%zu %s no film%s", x->unknown, sx_noun(x->unknown, "names", "name"),
                      x->ambiguous ? ", " : "");
    if (x->ambiguous)
        sx_str_printf(s, "%zu %s several films alike", x->ambiguous,
                      sx_noun(x->ambiguous, "fits", "fit"));
    sx_str_printf(s, "; the first is \"%.80s\" in line %zu", x->first, x->first_line);
}

bool sx_film_matcher_report(const sx_film_matcher *x, sx_manifest_build *b, const char *path,
                            sx_error *err) {
    if (!x->first) return true;
    sx_str s = { 0 };
    if (x->rows == 1)
        sx_str_printf(&s, "%s: its only row is not used: \"%.80s\" in line %zu %s", path, x->first,
                      x->first_line, x->unknown ? "names no film" : "fits several films alike");
    else
        list_unmatched(x, path, &s);
    const bool ok = sx_str_ok(&s, err) && sx_manifest_note(b, err, "%s", s.data);
    sx_str_free(&s);
    return ok;
}
