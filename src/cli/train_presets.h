/* Training set-ups by name: what the paper's authors run, and what small films and few cores want. */
#ifndef SX_CLI_TRAIN_PRESETS_H
#define SX_CLI_TRAIN_PRESETS_H

#include "train/feed.h"

typedef struct sx_preset {
    const char *name, *summary;
    const char *arch, *config; /* of the network, JSON */
    int batch;
    long iterations;
    sx_optim_options optim;
    sx_schedule schedule; /* steps are for `iterations` and move with it */
    int sizes[4];         /* detectors: shorter sides to choose from, 0 ends */
    int longest;
    bool policy;   /* AutoAugment v2 */
    double repeat; /* LVIS threshold */
    const char *frozen[3];
    bool keep_empty; /* films without boxes take part */
} sx_preset;

size_t sx_preset_count(void);
const sx_preset *sx_preset_at(size_t i);
const sx_preset *sx_preset_find(const char *name); /* NULL if there is none */

#endif
