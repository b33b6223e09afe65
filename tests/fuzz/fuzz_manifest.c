/* Data sets: the first byte selects the layout of the file that follows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "data/manifest.h"
#include "data/split.h"
#include "document/stats_tables.h"
#include "fuzz/fuzz.h"

static char dir[64], film[128];

static void clean(void) {
    static const char *const folders[] = { "",        "/labels",    "/Annotations",
                                           "/images", "/ImageSets", "/ImageSets/Main" };
    static const char *const files[] = { "film.png",    "film.txt",        "film.xml",
                                         "labels.csv",  "annotations.csv", "annotations.json",
                                         "classes.txt", "data.yaml",       "meta.csv",
                                         "train.txt",   "other.xml" };
    char path[192];
    for (size_t d = 6; d-- > 0;) {
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
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

static void remove_file(const char *name) {
    char path[192];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static void begin(void) {
    /* 2 x 2 pixels */
    static const char png[] =
        "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x02\x00\x00"
        "\x00\x02\x08\x00\x00\x00\x00\x57\xdd\x52\xf8\x00\x00\x00\x0e\x49\x44\x41\x54\x78\x9c\x63"
        "\x60\x64\x62\x60\x66\x01\x00\x00\x1d\x00\x0b\x0d\xb5\x52\x06\x00\x00\x00\x00\x49\x45\x4e"
        "\x44\xae\x42\x60\x82";
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.40s/manifestXXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir)) abort();
    snprintf(film, sizeof film, "%s/labels", dir);
    if (!sx_make_dirs(film, NULL)) abort();
    snprintf(film, sizeof film, "%s/images", dir);
    if (!sx_make_dirs(film, NULL)) abort();
    snprintf(film, sizeof film, "%s/ImageSets/Main", dir);
    if (!sx_make_dirs(film, NULL)) abort();
    put("images/film.png", png, sizeof png - 1);
    atexit(clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { YOLO = 4, VOC, VOC_LIST, METADATA };
    static const char *const names[] = { "annotations.csv",          "labels.csv",
                                         "annotations.json",         "data.yaml",
                                         "labels/film.txt",          "Annotations/film.xml",
                                         "ImageSets/Main/train.txt", "meta.csv" };
    static const char labels[] = "image_id,abnormal\nfilm,1\n", xml[] = "<annotation/>";
    char path[128];
    if (!size) return 0;
    if (!dir[0]) begin();
    const size_t kind = data[0] < 128 && data[0] % 8 >= VOC_LIST ? data[0] % 8 : data[0] % VOC_LIST;
    snprintf(path, sizeof path, "%s/Annotations", dir);
    if ((kind == VOC || kind == VOC_LIST) && !sx_make_dirs(path, NULL)) abort();
    if (kind == VOC_LIST) put("Annotations/film.xml", xml, sizeof xml - 1);
    if (kind == YOLO) put("classes.txt", "a\nb\n", 4);
    if (kind == METADATA) put("labels.csv", labels, sizeof labels - 1);
    put(names[kind], data + 1, size - 1);
    /* a second XML file may describe the same film */
    if (kind == VOC && data[0] >= 128) put("Annotations/other.xml", data + 1, size - 1);
    sx_manifest m;
    const sx_manifest_options o = { .keep_faults = data[0] >= 128,
                                    .classes = data[0] & 64 ? "vindr" : NULL };
    if (sx_manifest_open(dir, &o, &m, NULL)) {
        const double shares[] = { 1, 1 };
        int *part = malloc(m.film_count * sizeof *part);
        sx_str out = { 0 };
        const bool ok = part && sx_split_films(&m, &(sx_split_plan){ shares, 2, 1 }, part, NULL);
        sx_set_stats stats = { 0 };
        if (sx_set_stats_of(&m, &stats, NULL)) {
            sx_doc *tables = sx_stats_tables(&m, &stats, "set");
            if (tables) (void)!(ok ? sx_doc_to_csv : sx_doc_to_text)(tables, &out, NULL);
            sx_doc_free(tables);
        }
        sx_set_stats_free(&stats);
        sx_str_free(&out);
        free(part);
    }
    sx_manifest_free(&m);
    remove_file(names[kind]);
    remove_file("classes.txt");
    remove_file("labels.csv");
    remove_file("Annotations/film.xml");
    remove_file("Annotations/other.xml");
    snprintf(path, sizeof path, "%s/Annotations", dir);
    rmdir(path);
    return 0;
}
