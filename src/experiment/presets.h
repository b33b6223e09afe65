/* Training configurations with names: those of the paper's authors, and some for small films and
 * few cores. */
#ifndef SX_EXPERIMENT_PRESETS_H
#define SX_EXPERIMENT_PRESETS_H

#include "train/loader.h"

enum { SX_PRESET_SIZES = 8 };

typedef struct sx_preset {
    const char *name, *summary;
    const char *arch, *config; /* of the network, JSON */
    int batch;
    long iterations;
    sx_optim_options optim;
    sx_schedule schedule;       /* steps are for `iterations` and scale with it */
    int sizes[SX_PRESET_SIZES]; /* detectors: shorter sides to choose from, rising; 0 ends */
    int shortest;               /* the shorter side in use; 0: the second of `sizes` */
    int longest;
    int side;        /* classifiers: width and height of the input; 0: the architecture's */
    bool group;      /* separate batches for portrait and landscape films */
    bool policy;     /* AutoAugment v2 */
    double repeat;   /* LVIS threshold */
    bool frozen;     /* the first stages are frozen (sx_arch.frozen): for pretrained weights */
    bool keep_empty; /* films without boxes are used */
    double empty_share, copy_paste, mixup; /* as in sx_loader_options */
    bool mild, letterbox;
} sx_preset;

size_t sx_preset_count(void);
const sx_preset *sx_preset_at(size_t i);
const sx_preset *sx_preset_find(const char *name); /* NULL if there is none */

#endif
