/* predict FILM WEIGHTS...: prints the findings of a film. cc predict.c $(pkg-config --cflags --libs
 * spinexr) */
#include <stdio.h>

#include <spinexr/spinexr.h>

static void print(const sx_prediction *film) {
    const sx_verdict verdict = sx_prediction_verdict(film);
    const int count = sx_prediction_finding_count(film);
    if (verdict != SX_VERDICT_NONE)
        printf("P(abnormal) %.4f: %s\n", sx_prediction_probability(film),
               verdict == SX_VERDICT_ABNORMAL ? "abnormal" : "normal");
    if (sx_prediction_unfamiliar(film)) printf("an unfamiliar film: no verdict\n");
    for (int i = 0; i < count; i++) {
        const sx_finding *b = sx_prediction_finding(film, i);
        printf("%-22s %.3f  x %.0f..%.0f  y %.0f..%.0f\n", b->name, b->score, b->x0, b->x1, b->y0,
               b->y1);
    }
    printf("%d findings, %d withheld by the decision rule\n", count, sx_prediction_withheld(film));
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: %s FILM WEIGHTS...\n", argv[0]);
        return 2;
    }
    sx_error err = { SX_OK, "" };
    const char *const *weights = (const char *const *)(argv + 2);
    sx_predictor *p = sx_predictor_open(NULL, weights, (size_t)(argc - 2), NULL, &err);
    sx_prediction *film = p ? sx_predict_file(p, argv[1], NULL, &err) : NULL;
    if (film)
        print(film);
    else
        fprintf(stderr, "%s\n", err.message);
    int status = film ? 0 : 1;
    sx_prediction_free(film);
    sx_predictor_free(p);
    return status;
}
