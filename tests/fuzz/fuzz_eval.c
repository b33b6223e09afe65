/* Input of `eval`: the first byte selects truth or predictions, and the kind of the file that
 * follows. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "evaluation/predictions.h"
#include "fuzz/fuzz.h"

static char path[2][80]; /* .csv, .json */
static sx_truth truth;

static void clean(void) {
    unlink(path[0]);
    unlink(path[1]);
    sx_truth_free(&truth);
}

static void put(const char *to, const void *bytes, size_t n) {
    FILE *f = fopen(to, "wb");
    if (!f || (n && fwrite(bytes, 1, n, f) != n)) abort();
    fclose(f);
}

static void begin(void) {
    static const char rows[] =
        "image_id,study_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
        "1,s,r,Osteophytes,1,2,30,40\n2,s,r,No finding,,,,\n3,t,q,Other lesions,5,5,9,9\n";
    const char *tmp = getenv("TMPDIR");
    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%.40s/eval-%ld%s", tmp ? tmp : "/tmp", (long)getpid(),
                 i ? ".json" : ".csv");
    put(path[0], rows, sizeof rows - 1);
    if (!sx_truth_load(&truth, path[0], &(sx_manifest_options){ .classes = "vindr" }, NULL, NULL))
        abort();
    atexit(clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    if (!size) return 0;
    if (!path[0][0]) begin();
    const char *file = path[data[0] & 1];
    const bool lenient = data[0] & 4;
    put(file, data + 1, size - 1);
    if (data[0] & 2) {
        sx_truth t;
        sx_groups g;
        if (sx_truth_load(&t, file, &(sx_manifest_options){ .classes = lenient ? "vindr" : NULL },
                          NULL, &err)) {
            for (size_t i = 0; i < t.box_count; i++)
                if (t.boxes[i].film >= t.films.count) abort();
            if (sx_truth_groups(&t, SX_UNIT_STUDY, &g, NULL) && g.case_count != t.films.count)
                abort();
        } else if (err.code == SX_OK) {
            abort();
        }
        sx_truth_free(&t);
    } else {
        sx_predictions p;
        const sx_prediction_options o = { .ignore_unknown = lenient, .any_score = lenient };
        if (sx_predictions_load(&p, file, NULL, &truth, &o, &err)) {
            for (size_t i = 0; i < p.box_count; i++)
                if (p.boxes[i].film >= truth.films.count) abort();
        } else if (err.code == SX_OK) {
            abort();
        }
        sx_predictions_free(&p);
    }
    return 0;
}
