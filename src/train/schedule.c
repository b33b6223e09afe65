#include "train/schedule.h"

#include <math.h>

static double warmup_factor(const sx_schedule *s, long i) {
    if (i >= s->warmup) return 1;
    const double alpha = (double)i / (double)s->warmup;
    return s->warmup_factor * (1 - alpha) + alpha;
}

double sx_schedule_rate(const sx_schedule *s, long i) {
    const double part = s->iterations > 0 ? (double)i / (double)s->iterations : 0,
                 pi = 3.14159265358979323846;
    double rate = s->base * warmup_factor(s, i);
    switch (s->kind) {
    case SX_SCHEDULE_STEPS: {
        int passed = 0;
        while (passed < SX_MAX_STEPS && s->steps[passed] > 0 && i >= s->steps[passed])
            passed++;
        return rate * pow(s->gamma, passed);
    }
    case SX_SCHEDULE_COSINE:
        return rate * 0.5 * (1 + cos(pi * fmin(part, 1)));
    case SX_SCHEDULE_POLY:
        return rate * pow(fmax(1 - part, 0), s->power);
    }
    return rate;
}
