/* predict_buffer WEIGHTS... < FILM: predicts a film that is in memory, here one from standard
 * input, and prints report.json (docs/report.md).
 *
 *     cc predict_buffer.c $(pkg-config --cflags --libs spinexr) */
#include <stdio.h>
#include <stdlib.h>

#include <spinexr/spinexr.h>

/* All of a stream; NULL: it cannot be read, or memory is out. */
static unsigned char *read_all(FILE *from, size_t *size) {
    unsigned char *bytes = NULL;
    size_t room = 0, n;
    *size = 0;
    do {
        if (*size == room) {
            room = room ? 2 * room : 1 << 20;
            unsigned char *more = (unsigned char *)realloc(bytes, room);
            if (!more) break;
            bytes = more;
        }
        n = fread(bytes + *size, 1, room - *size, from);
        *size += n;
    } while (n > 0);
    if (feof(from)) return bytes;
    free(bytes);
    return NULL;
}

int main(int argc, char **argv) {
    sx_error err = { SX_OK, "" };
    size_t size = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: %s WEIGHTS... < FILM\n", argv[0]);
        return 2;
    }
    unsigned char *bytes = read_all(stdin, &size);
    if (!bytes) {
        fprintf(stderr, "the film cannot be read\n");
        return 1;
    }
    sx_predictor *p =
        sx_predictor_open(NULL, (const char *const *)argv + 1, (size_t)argc - 1, NULL, &err);
    sx_prediction *film =
        p ? sx_predict_memory(p, bytes, size, "standard input", NULL, &err) : NULL;
    char *json = film ? sx_prediction_json(film, "standard input", &err) : NULL;
    if (json)
        fputs(json, stdout);
    else
        fprintf(stderr, "%s\n", err.message);
    const int status = json ? 0 : 1;
    sx_text_free(json);
    sx_prediction_free(film);
    sx_predictor_free(p);
    free(bytes);
    return status;
}
