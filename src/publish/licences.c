#include "publish/licences.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/nearest_word.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const listed[] = {
#include "publish/licence_names.inc"
};

static const char *const deprecated[] = {
#include "publish/licence_names_deprecated.inc"
};

/* https://huggingface.co/docs/hub/repositories-licenses; its names of families stand for the
 * licences below. In the order of strcmp. */
static const char *const on_hub[][2] = {
    { "AFL-3.0", "afl-3.0" },
    { "AGPL-3.0-only", "agpl-3.0" },
    { "AGPL-3.0-or-later", "agpl-3.0" },
    { "Apache-2.0", "apache-2.0" },
    { "Artistic-2.0", "artistic-2.0" },
    { "BSD-2-Clause", "bsd-2-clause" },
    { "BSD-3-Clause", "bsd-3-clause" },
    { "BSD-3-Clause-Clear", "bsd-3-clause-clear" },
    { "BSL-1.0", "bsl-1.0" },
    { "C-UDA-1.0", "c-uda" },
    { "CC-BY-2.0", "cc-by-2.0" },
    { "CC-BY-2.5", "cc-by-2.5" },
    { "CC-BY-3.0", "cc-by-3.0" },
    { "CC-BY-4.0", "cc-by-4.0" },
    { "CC-BY-NC-2.0", "cc-by-nc-2.0" },
    { "CC-BY-NC-3.0", "cc-by-nc-3.0" },
    { "CC-BY-NC-4.0", "cc-by-nc-4.0" },
    { "CC-BY-NC-ND-3.0", "cc-by-nc-nd-3.0" },
    { "CC-BY-NC-ND-4.0", "cc-by-nc-nd-4.0" },
    { "CC-BY-NC-SA-2.0", "cc-by-nc-sa-2.0" },
    { "CC-BY-NC-SA-3.0", "cc-by-nc-sa-3.0" },
    { "CC-BY-NC-SA-4.0", "cc-by-nc-sa-4.0" },
    { "CC-BY-ND-4.0", "cc-by-nd-4.0" },
    { "CC-BY-SA-3.0", "cc-by-sa-3.0" },
    { "CC-BY-SA-4.0", "cc-by-sa-4.0" },
    { "CC0-1.0", "cc0-1.0" },
    { "CDLA-Permissive-1.0", "cdla-permissive-1.0" },
    { "CDLA-Permissive-2.0", "cdla-permissive-2.0" },
    { "CDLA-Sharing-1.0", "cdla-sharing-1.0" },
    { "ECL-2.0", "ecl-2.0" },
    { "EPL-1.0", "epl-1.0" },
    { "EPL-2.0", "epl-2.0" },
    { "EUPL-1.1", "eupl-1.1" },
    { "GPL-2.0-only", "gpl-2.0" },
    { "GPL-2.0-or-later", "gpl-2.0" },
    { "GPL-3.0-only", "gpl-3.0" },
    { "GPL-3.0-or-later", "gpl-3.0" },
    { "ISC", "isc" },
    { "LGPL-2.1-only", "lgpl-2.1" },
    { "LGPL-2.1-or-later", "lgpl-2.1" },
    { "LGPL-3.0-only", "lgpl-3.0" },
    { "LGPL-3.0-or-later", "lgpl-3.0" },
    { "LPPL-1.3c", "lppl-1.3c" },
    { "MIT", "mit" },
    { "MPL-2.0", "mpl-2.0" },
    { "MS-PL", "ms-pl" },
    { "NCSA", "ncsa" },
    { "ODC-By-1.0", "odc-by" },
    { "ODbL-1.0", "odbl" },
    { "OFL-1.1", "ofl-1.1" },
    { "OSL-3.0", "osl-3.0" },
    { "PDDL-1.0", "pddl" },
    { "PostgreSQL", "postgresql" },
    { "Unlicense", "unlicense" },
    { "WTFPL", "wtfpl" },
    { "Zlib", "zlib" },
    { "etalab-2.0", "etalab-2.0" },
};

static int by_name(const void *name, const void *entry) {
    return strcmp(name, *(const char *const *)entry);
}

static bool is_own(const char *name) {
    static const char prefix[] = "LicenseRef-";
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
    const size_t n = strlen(name);
    return sx_starts_with(name, prefix) && n >= sizeof prefix && n <= 80 &&
           strspn(name, letters) == n;
}

sx_licence_kind sx_licence_kind_of(const char *name) {
    if (bsearch(name, listed, COUNT(listed), sizeof *listed, by_name)) return SX_LICENCE_LISTED;
    if (bsearch(name, deprecated, COUNT(deprecated), sizeof *deprecated, by_name))
        return SX_LICENCE_DEPRECATED;
    return is_own(name) ? SX_LICENCE_OWN : SX_LICENCE_UNKNOWN;
}

const char *sx_licence_nearest(const char *name) {
    int distance = strlen(name) / 3 > 2 ? (int)(strlen(name) / 3) : 2;
    const char *nearest = NULL;
    for (size_t i = 0; i < COUNT(listed); i++)
        if (sx_equal_letters(name, listed[i])) return listed[i];
    for (size_t i = 0; i < COUNT(listed); i++)
        nearest = sx_word_nearer(name, listed[i], nearest, &distance);
    return nearest;
}

const char *sx_licence_on_hub(const char *name) {
    const char *const *found = bsearch(name, on_hub, COUNT(on_hub), sizeof *on_hub, by_name);
    return found ? found[1] : NULL;
}
