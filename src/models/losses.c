#include "models/losses.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/box_losses.h"

void sx_losses_add(sx_losses *l, const char *name, double value) {
    if (l->count < SX_MAX_LOSSES) {
        snprintf(l->items[l->count].name, sizeof l->items[0].name, "%s", name);
        l->items[l->count++].value = value;
    }
    l->total += value;
}

double sx_loss_share(const sx_loss_state *state, double mine, double least) {
    const sx_peers *p = state->peers;
    if (p) p->sum(p->ctx, &mine, 1);
    return fmax(mine, least) / (p ? p->count : 1);
}

static void fill_truth(float *to, const sx_targets *t) {
    memset(to, 0, 4 * SX_TRUTH_CAP * sizeof *to);
    for (int k = 0; k < t->count; k++)
        memcpy(to + 4 * (size_t)k, &t->boxes[k], 4 * sizeof *to);
}

bool sx_targets_fill(sx_plan *p, const sx_targets *truth, int images, sx_error *err) {
    float *sizes = sx_plan_input(p, "sizes", NULL, NULL),
          *boxes = sx_plan_input(p, "truth", NULL, NULL),
          *draw = sx_plan_input(p, "draw", NULL, NULL);
    for (int i = 0; i < images; i++) {
        const sx_targets *t = &truth[i];
        if (sizes) sizes[2 * i] = (float)t->width, sizes[2 * i + 1] = (float)t->height;
        if (boxes && t->count > SX_TRUTH_CAP)
            return sx_fail(err, SX_ERR_LIMIT, "%d boxes in one film, the network takes %d",
                           t->count, SX_TRUTH_CAP);
        if (boxes) fill_truth(boxes + 4 * (size_t)SX_TRUTH_CAP * (size_t)i, t);
        for (int k = 0; draw && k < 4; k++)
            draw[4 * i + k] = (float)(t->draw >> 16 * k & 0xFFFF);
    }
    return true;
}

float *sx_loss_output(const sx_plan *p, const char *name, int64_t *count, sx_error *err) {
    *count = sx_plan_output_count(p, name);
    float *v = sx_calloc_for((size_t)*count + 1, sizeof *v, "losses", err);
    if (!v) return NULL;
    bool ok = sx_plan_output(p, name, v, *count, err);
    for (int64_t i = 0; ok && i < *count; i++)
        if (!isfinite(v[i]))
            ok = sx_fail(err, SX_ERR_VALUE, "the network's output %s is not a number", name);
    if (ok) return v;
    free(v);
    return NULL;
}

void sx_loss_set_grad(sx_plan *p, const char *name, const float *grad, int64_t count) {
    sx_dtype dtype;
    void *to = sx_plan_output_grad(p, name, &dtype);
    if (!to) return;
    if (dtype == SX_F32) {
        memcpy(to, grad, (size_t)count * sizeof *grad);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        ((uint16_t *)to)[i] = sx_f32_to_bf16(grad[i]);
}

/* Of one film: the classes after the first whose target is known. */
static double findings_sum(const float *logits, const float *targets, int64_t classes, int images,
                           float *grad) {
    const float scale = 1.0F / ((float)images * (float)(classes - 1));
    double sum = 0;
    for (int64_t k = 1; k < classes; k++)
        if (!isnan(targets[k])) sum += sx_bce_sum(&logits[k], &targets[k], 1, scale, &grad[k]);
    return sum;
}

bool sx_classifier_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                        sx_loss_state *state, sx_losses *out, sx_error *err) {
    (void)config;
    (void)state;
    int64_t count;
    float *logits = sx_loss_output(p, "logits", &count, err);
    float *grad = logits ? sx_calloc_for((size_t)count + 1, sizeof *grad, "losses", err) : NULL;
    if (!grad) {
        free(logits);
        return false;
    }
    const int64_t classes = count / images;
    double abnormal = 0, findings = 0;
    for (int i = 0; i < images; i++) {
        const float *x = logits + i * classes;
        float *g = grad + i * classes;
        abnormal += sx_bce_sum(x, truth[i].classes, 1, 1.0F / (float)images, g);
        findings += findings_sum(x, truth[i].classes, classes, images, g);
    }
    sx_loss_set_grad(p, "logits", grad, count);
    *out = (sx_losses){ 0 };
    sx_losses_add(out, "loss_cls", abnormal / images);
    if (classes > 1) sx_losses_add(out, "loss_findings", findings / (double)(count - images));
    free(grad);
    free(logits);
    return true;
}

bool sx_loss_map_open(sx_loss_map *o, sx_plan *p, const char *what, int level, sx_error *err) {
    if (level == SX_NO_LEVEL)
        snprintf(o->name, sizeof o->name, "%s", what);
    else
        snprintf(o->name, sizeof o->name, "%s%d", what, level);
    o->value = sx_loss_output(p, o->name, &o->count, err);
    o->grad = o->value ? sx_calloc_for((size_t)o->count + 1, sizeof *o->grad, "losses", err) : NULL;
    return o->grad != NULL;
}

void sx_loss_map_close(sx_loss_map *o, sx_plan *p, bool ok) {
    if (ok) sx_loss_set_grad(p, o->name, o->grad, o->count);
    free(o->value);
    free(o->grad);
}
