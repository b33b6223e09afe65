#include "cli/versions.h"

#include <stdio.h>
#include <string.h>

#include <cairo.h>
#include <charls/charls.h>
#include <expat.h>
#include <jansson.h>
#include <jpeglib.h>
#include <jxl/decode.h>
#include <oneapi/dnnl/dnnl.h>
#include <openjpeg.h>
#include <openssl/crypto.h>
#include <png.h>
#include <yaml.h>
#include <zlib.h>
#ifdef SX_HAVE_MPI
#include <mpi.h>
#endif

#include "build_info.h" /* SX_BUILD_COMMIT; made by meson */
#include "dicom/dcmtk_version.h"

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

/* Without git, Meson's vcs_tag gives the version instead of an empty fallback. */
const char *sx_build_commit(void) {
    return strcmp(SX_BUILD_COMMIT, SX_VERSION) == 0 ? "" : SX_BUILD_COMMIT;
}

const char *sx_build_compiler(void) {
#ifdef __clang__
    return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__);
#else
    return "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__) "." TEXT(__GNUC_PATCHLEVEL__);
#endif
}

const char *sx_build_type(void) {
    return SX_BUILD_TYPE;
}

typedef struct list {
    sx_library_version *items;
    size_t count;
} list;

/* The first word, up to the end of the line. */
static void add(list *l, const char *name, const char *version) {
    sx_library_version *to = &l->items[l->count++];
    to->name = name;
    snprintf(to->version, sizeof to->version, "%.*s", (int)strcspn(version, "\r\n"), version);
}

static void add_dnnl(list *l) {
    char text[48];
    const dnnl_version_t *v = dnnl_version();
    snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
    add(l, "oneDNN", text);
}

/* libjpeg tells its version only when it is compiled against. */
static void add_jpeg(list *l) {
#ifdef LIBJPEG_TURBO_VERSION
    add(l, "libjpeg-turbo", TEXT(LIBJPEG_TURBO_VERSION));
#else
    add(l, "libjpeg", TEXT(JPEG_LIB_VERSION));
#endif
}

static void add_jxl(list *l) {
    char text[48];
    const unsigned v = JxlDecoderVersion(); /* 1,000,000 major + 1,000 minor + patch */
    snprintf(text, sizeof text, "%u.%u.%u", v / 1000000, v / 1000 % 1000, v % 1000);
    add(l, "libjxl", text);
}

static void add_mpi(list *l) {
#ifdef SX_HAVE_MPI
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int n = 0;
    MPI_Get_library_version(text, &n);
    text[strcspn(text, ",")] = '\0';
    add(l, "MPI", text);
#else
    (void)l;
#endif
}

/* "expat_2.5.0", "OpenSSL 3.0.1 1 Jan 2022": only the number. */
static const char *number(const char *text) {
    const char *at = strpbrk(text, "0123456789");
    return at ? at : text;
}

size_t sx_library_versions(sx_library_version items[SX_LIBRARIES]) {
    list l = { items, 0 };
    char openssl[64];
    const char *text = number(OpenSSL_version(OPENSSL_VERSION));
    snprintf(openssl, sizeof openssl, "%.*s", (int)strcspn(text, " "), text);
    add_dnnl(&l);
    add(&l, "DCMTK", sx_dcmtk_version());
    add(&l, "OpenJPEG", opj_version());
    add(&l, "CharLS", charls_get_version_string());
    add_jxl(&l);
    add_jpeg(&l);
    add(&l, "libpng", png_get_libpng_ver(NULL));
    add(&l, "zlib", zlibVersion());
    add(&l, "cairo", cairo_version_string());
    add(&l, "Jansson", jansson_version_str());
    add(&l, "Expat", number(XML_ExpatVersion()));
    add(&l, "libyaml", yaml_get_version_string());
    add(&l, "OpenSSL", openssl);
    add(&l, "OpenMP", TEXT(_OPENMP));
    add_mpi(&l);
    return l.count;
}
