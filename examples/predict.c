/* predict FILM WEIGHTS...: says what is on a film. cc predict.c $(pkg-config --cflags --libs
 * spinexr) */
#include <stdio.h>

#include <spinexr/spinexr.h>

static void print(const sx_findings *f) {
    if (f->has_probability)
        printf("P(abnormal) %.4f: %s\n", f->probability, f->abnormal ? "abnormal" : "normal");
    for (int i = 0; i < f->count; i++) {
        const sx_finding *b = &f->items[i];
        printf("%-22s %.3f  x %.0f..%.0f  y %.0f..%.0f\n", b->name, b->score, b->x0, b->x1, b->y0,
               b->y1);
    }
    printf("%d findings, %d withheld by the decision rule\n", f->count, f->withheld);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s FILM WEIGHTS...\n", argv[0]);
        return 2;
    }
    sx_error err = { 0 };
    const char *const *weights = (const char *const *)(argv + 2);
    sx_predictor *p = sx_predictor_open(NULL, weights, (size_t)(argc - 2), NULL, &err);
    sx_findings *f = p ? sx_predict_file(p, argv[1], 0, &err) : NULL;
    if (f)
        print(f);
    else
        fprintf(stderr, "%s\n", err.message);
    int status = f ? 0 : 1;
    sx_findings_free(f);
    sx_predictor_free(p);
    return status;
}
