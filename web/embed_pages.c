/* Writes the pages as C: embed_pages OUT.c FOLDER, or embed_pages OUT.c without pages; then the
 * service answers "/" with a text that says why. Runs while the program is built. */
#include <stdio.h>
#include <stdlib.h>

typedef struct page {
    const char *file, *path, *type;
} page;

static const page pages[] = {
    { "index.html", "/", "text/html; charset=utf-8" },
    { "icon.svg", "/icon.svg", "image/svg+xml" },
    { "app.css", "/app.css", "text/css; charset=utf-8" },
    { "app.js", "/app.js", "text/javascript; charset=utf-8" },
    { "unpack.js", "/unpack.js", "text/javascript; charset=utf-8" },
};
enum { PAGES = sizeof pages / sizeof *pages };

static const char missing[] =
    "This build of spinexr has no pages. They are made from the folder web of its source by node\n"
    "and npm: install these, and build again. The source archive of a release has them.\n";

static int fail(const char *what) {
    perror(what);
    return EXIT_FAILURE;
}

static int put_file(FILE *out, const char *folder, int i) {
    char path[4096];
    int c, n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, pages[i].file);
    FILE *in = fopen(path, "rb");
    if (!in) return fail(path);
    fprintf(out, "static const unsigned char page_%d[] = {", i);
    while ((c = getc(in)) != EOF)
        fprintf(out, "%s%d,", n++ % 24 == 0 ? "\n" : "", c);
    fprintf(out, "\n};\n");
    const int bad = ferror(in) || n == 0;
    fclose(in);
    return bad ? fail(path) : EXIT_SUCCESS;
}

static int put_pages(FILE *out, const char *folder) {
    for (int i = 0; i < PAGES; i++)
        if (put_file(out, folder, i) != EXIT_SUCCESS) return EXIT_FAILURE;
    fprintf(out, "const sx_web_asset sx_pages[] = {\n");
    for (int i = 0; i < PAGES; i++)
        fprintf(out, "    { \"%s\", \"%s\", page_%d, sizeof page_%d },\n", pages[i].path,
                pages[i].type, i, i);
    fprintf(out, "};\nconst size_t sx_page_count = %d;\n", PAGES);
    return EXIT_SUCCESS;
}

static void put_none(FILE *out) {
    fprintf(out, "static const char missing[] = {");
    for (size_t i = 0; i + 1 < sizeof missing; i++)
        fprintf(out, "%s%d,", i % 24 == 0 ? "\n" : "", missing[i]);
    fprintf(out, "\n};\nconst sx_web_asset sx_pages[] = {\n"
                 "    { \"/\", \"text/plain; charset=utf-8\", missing, sizeof missing },\n};\n"
                 "const size_t sx_page_count = 1;\n");
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) return EXIT_FAILURE;
    FILE *out = fopen(argv[1], "w");
    if (!out) return fail(argv[1]);
    fprintf(out, "#include \"service/web/pages.h\"\n\n");
    int status = EXIT_SUCCESS;
    if (argc == 3)
        status = put_pages(out, argv[2]);
    else
        put_none(out);
    if (fclose(out) != 0) status = fail(argv[1]);
    return status;
}
