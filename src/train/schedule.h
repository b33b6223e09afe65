/* Learning rates over the iterations. */
#ifndef SX_TRAIN_SCHEDULE_H
#define SX_TRAIN_SCHEDULE_H

typedef enum sx_schedule_kind {
    SX_SCHEDULE_STEPS,
    SX_SCHEDULE_COSINE,
    SX_SCHEDULE_POLY
} sx_schedule_kind;

enum { SX_MAX_STEPS = 8 };

typedef struct sx_schedule {
    sx_schedule_kind kind;
    double base;          /* the rate after warm-up */
    long warmup;          /* iterations of linear warm-up; 0: none */
    double warmup_factor; /* share of the rate at iteration 0 */
    /* STEPS: the rate is multiplied by gamma from these iterations on; rising, 0 ends */
    long steps[SX_MAX_STEPS];
    double gamma;
    long iterations; /* COSINE, POLY: where the rate becomes zero */
    double power;    /* POLY */
} sx_schedule;

/* The rate of iteration i = 0, 1, ... (Detectron2's WarmupMultiStepLR and WarmupCosineLR: warm-up
 * multiplies). */
double sx_schedule_rate(const sx_schedule *s, long i);

#endif
