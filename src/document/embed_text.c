/* Writes a text file as a C array: embed-text NAME INPUT OUTPUT. Runs at build time. */
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what) {
    perror(what);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    if (argc != 4) return EXIT_FAILURE;
    FILE *in = fopen(argv[2], "rb");
    if (!in) return fail(argv[2]);
    FILE *out = fopen(argv[3], "wb");
    if (!out) {
        fclose(in);
        return fail(argv[3]);
    }
    int c, column = 0;
    fprintf(out, "extern const char %s[];\nconst char %s[] = {", argv[1], argv[1]);
    while ((c = getc(in)) != EOF)
        fprintf(out, "%s%d,", column++ % 20 ? "" : "\n", c);
    fprintf(out, "0};\n");
    const int failed = ferror(in) || ferror(out);
    fclose(in);
    if (fclose(out) || failed) return fail(argv[3]);
    return EXIT_SUCCESS;
}
