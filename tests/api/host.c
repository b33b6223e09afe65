/* host LIBRARY WEIGHTS FILM: a program that uses Jansson of its own and loads libspinexr while it
 * runs, as a plug-in does. It depends on the library through dlopen alone. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "spinexr/spinexr.h"

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void *find(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol) fail(name, dlerror());
    return symbol;
}

static double predict(const char *path, const char *const *weights, const char *film) {
    sx_predictor *(*open)(const sx_context *, const char *const *, size_t,
                          const sx_predictor_options *, sx_error *);
    sx_prediction *(*predict_file)(sx_predictor *, const char *, const sx_predict_options *,
                                   sx_error *);
    char *(*json)(const sx_prediction *, const char *, sx_error *);
    double (*probability)(const sx_prediction *);
    void (*prediction_free)(sx_prediction *), (*predictor_free)(sx_predictor *);
    void (*text_free)(char *);
    sx_error err = { SX_OK, "" };
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) fail(path, dlerror());
    *(void **)&open = find(library, "sx_predictor_open");
    *(void **)&predict_file = find(library, "sx_predict_file");
    *(void **)&json = find(library, "sx_prediction_json");
    *(void **)&probability = find(library, "sx_prediction_probability");
    *(void **)&prediction_free = find(library, "sx_prediction_free");
    *(void **)&predictor_free = find(library, "sx_predictor_free");
    *(void **)&text_free = find(library, "sx_text_free");
    sx_predictor *p = open(NULL, weights, 1, NULL, &err);
    if (!p) fail("sx_predictor_open", err.message);
    sx_prediction *prediction = predict_file(p, film, NULL, &err);
    if (!prediction) fail("sx_predict_file", err.message);
    char *text = json(prediction, film, &err);
    if (!text) fail("sx_prediction_json", err.message);
    const double value = probability(prediction);
    text_free(text);
    prediction_free(prediction);
    predictor_free(p);
    if (dlclose(library) != 0) fail("dlclose", dlerror());
    return value;
}

static void check_json(void) {
    json_t *j = json_pack("{s: i, s: [f, f]}", "a", 1, "b", 0.5, 1.5);
    char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
    if (!text || strcmp(text, "{\"a\":1,\"b\":[0.5,1.5]}") != 0) fail("Jansson", "another text");
    free(text);
    json_decref(j);
}

int main(int argc, char **argv) {
    if (argc != 4) fail("host", "wrong arguments");
    const char *const weights[] = { argv[2] };
    json_malloc_t allocate, allocate_after;
    json_free_t release, release_after;
    json_get_alloc_funcs(&allocate, &release);
    json_t *before = json_object(); /* made before the library came, freed after it has gone */
    const double first = predict(argv[1], weights, argv[3]);
    json_get_alloc_funcs(&allocate_after, &release_after);
    if (allocate != allocate_after || release != release_after)
        fail("Jansson", "the library replaced the allocator");
    check_json();
    const double second = predict(argv[1], weights, argv[3]);
    check_json();
    json_decref(before);
    if (first != second) fail("the film", "another probability after the library was reloaded");
    printf("%.6f\n", first);
    return 0;
}
