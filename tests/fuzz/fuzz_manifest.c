/* Data sets: the first byte selects the layout of the file that follows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "data/manifest.h"
#include "data/set_stats.h"
#include "data/split.h"
#include "fuzz/fuzz.h"

static char dir[64], film[128];

static void clean(void) {
    static const char *const folders[] = { "", "/labels", "/Annotations", "/images" };
    static const char *const files[] = { "film.png",    "film.txt",        "film.xml",
                                         "labels.csv",  "annotations.csv", "annotations.json",
                                         "classes.txt", "data.yaml" };
    char path[192];
    for (size_t d = 4; d-- > 0;) {
        for (size_t i = 0; i < 8; i++) {
            snprintf(path, sizeof path, "%s%s/%s", dir, folders[d], files[i]);
            unlink(path);
        }
        snprintf(path, sizeof path, "%s%s", dir, folders[d]);
        rmdir(path);
    }
}

static void put(const char *name, const void *bytes, size_t n) {
    char path[192];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "wb");
    if (!f) abort();
    if (n && fwrite(bytes, 1, n, f) != n) abort();
    fclose(f);
}

static void begin(void) {
    static const unsigned char png[] = { /* 2 x 2 pixels */ 0x89,
                                         0x50,
                                         0x4e,
                                         0x47,
                                         0x0d,
                                         0x0a,
                                         0x1a,
                                         0x0a,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x0d,
                                         0x49,
                                         0x48,
                                         0x44,
                                         0x52,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x02,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x02,
                                         0x08,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x57,
                                         0xdd,
                                         0x52,
                                         0xf8,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x0e,
                                         0x49,
                                         0x44,
                                         0x41,
                                         0x54,
                                         0x78,
                                         0x9c,
                                         0x63,
                                         0x60,
                                         0x64,
                                         0x62,
                                         0x60,
                                         0x66,
                                         0x01,
                                         0x00,
                                         0x00,
                                         0x1d,
                                         0x00,
                                         0x0b,
                                         0x0d,
                                         0xb5,
                                         0x52,
                                         0x06,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x00,
                                         0x49,
                                         0x45,
                                         0x4e,
                                         0x44,
                                         0xae,
                                         0x42,
                                         0x60,
                                         0x82 };
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.40s/manifestXXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) abort();
    snprintf(film, sizeof film, "%s/labels", dir);
    if (!sx_make_dirs(film, NULL)) abort();
    snprintf(film, sizeof film, "%s/images", dir);
    if (!sx_make_dirs(film, NULL)) abort();
    put("images/film.png", png, sizeof png);
    atexit(clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = { "annotations.csv",  "labels.csv",
                                         "annotations.json", "data.yaml",
                                         "labels/film.txt",  "Annotations/film.xml" };
    char path[128];
    if (!size) return 0;
    if (!dir[0]) begin();
    const size_t kind = data[0] % 6;
    snprintf(path, sizeof path, "%s/Annotations", dir);
    if (kind == 5 && !sx_make_dirs(path, NULL)) abort();
    if (kind == 4) put("classes.txt", "a\nb\n", 4);
    put(names[kind], data + 1, size - 1);
    sx_manifest m;
    const sx_manifest_options o = { .keep_faults = data[0] >= 128,
                                    .classes = data[0] & 64 ? "vindr" : NULL };
    if (sx_manifest_open(dir, &o, &m, NULL)) {
        const double shares[] = { 1, 1 };
        int *part = malloc(m.film_count * sizeof *part);
        sx_str out = { 0 };
        const bool ok = part && sx_split_films(&m, &(sx_split_plan){ shares, 2, 1 }, part, NULL);
        (void)!sx_stats_text(&m, ok, &out, NULL);
        sx_str_free(&out);
        free(part);
    }
    sx_manifest_free(&m);
    snprintf(path, sizeof path, "%s/%s", dir, names[kind]);
    unlink(path);
    snprintf(path, sizeof path, "%s/classes.txt", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/Annotations", dir);
    rmdir(path);
    return 0;
}
