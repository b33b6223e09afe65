/* The set prediction loss of Sparse R-CNN (Sun 2021, sec. 3.4). At every stage the targets are
 * matched one to one with proposals. The losses are the focal loss over all proposals, and L1 and
 * GIoU over the matched ones, divided by the number of targets of the batch. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/assign.h"
#include "detect/box_losses.h"
#include "models/losses.h"
#include "models/sparse_rcnn.h"

static const float weight_class = 2, weight_l1 = 5, weight_giou = 2, alpha = 0.25F;
#define GAMMA 2.0F

/* The cost of class c: the positive term of the focal loss minus its negative term. */
static float class_cost(float logit) {
    const float p = 1.0F / (1.0F + expf(-logit));
    const float negative = (1 - alpha) * p * p * -logf(1 - p + 1e-8F);
    const float positive = alpha * (1 - p) * (1 - p) * -logf(p + 1e-8F);
    return positive - negative;
}

static sx_box box_at(const float *b) {
    return (sx_box){ b[0], b[1], b[2], b[3] };
}

static float l1(sx_box a, sx_box b, float w, float h) {
    return fabsf(a.x0 / w - b.x0 / w) + fabsf(a.y0 / h - b.y0 / h) + fabsf(a.x1 / w - b.x1 / w) +
           fabsf(a.y1 / h - b.y1 / h);
}

bool sx_sparse_rcnn_match(const float *logits, const float *boxes, int proposals, int classes,
                          const sx_targets *truth, int *proposal, sx_error *err) {
    if (truth->count == 0) return true;
    if (truth->count > proposals)
        return sx_fail(err, SX_ERR_LIMIT, "%d boxes in one film, the network has %d proposals",
                       truth->count, proposals);
    double *cost =
        sx_calloc_for((size_t)truth->count * (size_t)proposals, sizeof *cost, "matching", err);
    if (!cost) return false;
    const float w = (float)truth->width, h = (float)truth->height;
    for (int t = 0; t < truth->count; t++)
        for (int k = 0; k < proposals; k++) {
            const sx_box b = box_at(boxes + 4 * (size_t)k), target = truth->boxes[t];
            const float c =
                weight_l1 * l1(b, target, w, h) +
                weight_class *
                    class_cost(logits[(size_t)k * (size_t)classes + (size_t)truth->labels[t]]) -
                weight_giou * sx_giou(b, target);
            cost[(size_t)t * (size_t)proposals + (size_t)k] = (double)c;
        }
    bool ok = sx_assign(cost, truth->count, proposals, proposal, err);
    free(cost);
    return ok;
}

typedef struct stage {
    const sx_sparse_rcnn *m;
    const float *logits, *boxes;
    float *dlogits, *dboxes;
    double ce, giou, l1;
    float share; /* 1 / targets of the batch */
} stage;

static bool one_image(stage *s, int image, const sx_targets *truth, sx_error *err) {
    const int proposals = s->m->proposals, classes = s->m->classes;
    const int64_t l = (int64_t)image * proposals * classes, b = (int64_t)image * proposals * 4;
    int *chosen = sx_calloc_for((size_t)truth->count + 1, sizeof *chosen, "matching", err);
    uint8_t *target = sx_calloc_for((size_t)proposals * (size_t)classes, 1, "losses", err);
    bool ok =
        chosen && target &&
        sx_sparse_rcnn_match(s->logits + l, s->boxes + b, proposals, classes, truth, chosen, err);
    const float w = (float)truth->width, h = (float)truth->height, side[4] = { w, h, w, h };
    for (int t = 0; ok && t < truth->count; t++) {
        const float *box = s->boxes + b + 4 * chosen[t];
        float *grad = s->dboxes + b + 4 * chosen[t];
        const float want[4] = { truth->boxes[t].x0, truth->boxes[t].y0, truth->boxes[t].x1,
                                truth->boxes[t].y1 };
        target[chosen[t] * classes + truth->labels[t]] = 1;
        s->giou += sx_giou_loss(box_at(box), truth->boxes[t], weight_giou * s->share, grad);
        for (int k = 0; k < 4; k++) {
            const float d = box[k] / side[k] - want[k] / side[k];
            s->l1 += (double)fabsf(d);
            grad[k] += weight_l1 * s->share / side[k] * (d > 0 ? 1.0F : d < 0 ? -1.0F : 0.0F);
        }
    }
    if (ok)
        s->ce += sx_focal_sum(s->logits + l, target, (int64_t)proposals * classes, alpha, GAMMA,
                              weight_class * s->share, s->dlogits + l);
    free(target);
    free(chosen);
    return ok;
}

static void add_losses(const stage *s, int number, sx_losses *out) {
    char suffix[16] = "", name[24];
    if (number < s->m->heads - 1) snprintf(suffix, sizeof suffix, "_%d", number % 100);
    snprintf(name, sizeof name, "loss_ce%.12s", suffix);
    sx_losses_add(out, name, (double)(weight_class * s->share) * s->ce);
    snprintf(name, sizeof name, "loss_giou%.12s", suffix);
    sx_losses_add(out, name, (double)(weight_giou * s->share) * s->giou);
    snprintf(name, sizeof name, "loss_bbox%.12s", suffix);
    sx_losses_add(out, name, (double)(weight_l1 * s->share) * s->l1);
}

static bool one_stage(const sx_sparse_rcnn *m, sx_plan *p, int number, const sx_targets *truth,
                      int images, float share, sx_losses *out, sx_error *err) {
    char logits[24], boxes[24];
    int64_t nl = 0, nb = 0;
    snprintf(logits, sizeof logits, "logits%d", number);
    snprintf(boxes, sizeof boxes, "boxes%d", number);
    float *l = sx_loss_output(p, logits, &nl, err),
          *b = l ? sx_loss_output(p, boxes, &nb, err) : NULL;
    float *grad = b ? sx_calloc_for((size_t)(nl + nb), sizeof *grad, "losses", err) : NULL;
    stage s = { .m = m,
                .logits = l,
                .boxes = b,
                .dlogits = grad,
                .dboxes = grad ? grad + nl : NULL,
                .share = share };
    bool ok = grad != NULL;
    for (int i = 0; ok && i < images; i++)
        ok = one_image(&s, i, &truth[i], err);
    if (ok) {
        sx_loss_set_grad(p, logits, s.dlogits, nl);
        sx_loss_set_grad(p, boxes, s.dboxes, nb);
        add_losses(&s, number, out);
    }
    free(grad);
    free(b);
    free(l);
    return ok;
}

bool sx_sparse_rcnn_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                         sx_loss_state *state, sx_losses *out, sx_error *err) {
    const sx_sparse_rcnn *m = config;
    int targets = 0;
    for (int i = 0; i < images; i++)
        targets += truth[i].count;
    const float share = 1.0F / (float)sx_loss_share(state, targets, 1);
    *out = (sx_losses){ 0 };
    for (int s = 0; s < m->heads; s++)
        if (!one_stage(m, p, s, truth, images, share, out, err)) return false;
    return true;
}
