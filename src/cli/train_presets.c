#include "cli/train_presets.h"

#include <string.h>

/* Detectron2's solver as the authors' configurations leave it (research: their code never builds the AdamW that its
 * configuration names). */
#define AUTHORS_SGD                                                                                          \
    {                                                                                                        \
        .kind = SX_OPTIM_SGD, .momentum = 0.9, .decay = 1e-4, .decay_bias = 1e-4, .clip = SX_CLIP_VALUE,     \
        .clip_limit = 1                                                                                      \
    }

#define CLASSIFIER(depth)                                                                                    \
    {                                                                                                        \
        .name = "densenet" #depth,                                                                           \
        .summary = "the authors' DenseNet-" #depth ": 224x224, 10,000 iterations of 32 films",               \
        .arch = "densenet" #depth, .config = "{}", .batch = 32, .iterations = 10000, .optim = AUTHORS_SGD,   \
        .schedule = {                                                                                        \
            .base = 0.01,                                                                                    \
            .warmup = 1000,                                                                                  \
            .warmup_factor = 0.001,                                                                          \
            .steps = { 5000, 7500 },                                                                         \
            .gamma = 0.1                                                                                     \
        }                                                                                                    \
    }

static const sx_preset presets[] = {
    CLASSIFIER(121),
    CLASSIFIER(169),
    CLASSIFIER(201),
    { .name = "sparse_rcnn_r50",
      .summary = "the authors' Sparse R-CNN: shorter edge 800, 50,000 iterations of 16 films",
      .arch = "sparse_rcnn_r50",
      .config = "{}",
      .batch = 16,
      .iterations = 50000,
      .optim = AUTHORS_SGD,
      .schedule = { .base = 0.001, .warmup = 1000, .warmup_factor = 0.001, .steps = { 30000 }, .gamma = 0.1 },
      .sizes = { 800 },
      .longest = 1333,
      .policy = true,
      .repeat = 0.1,
      .frozen = { "bottom_up.stem", "bottom_up.res2" } },
    { .name = "densenet_small",
      .summary = "a small DenseNet from scratch",
      .arch = "densenet121",
      .config = "{\"growth\": 16, \"stem\": 32, \"blocks\": [4, 6, 8, 6]}",
      .batch = 16,
      .iterations = 3000,
      .optim = { .kind = SX_OPTIM_ADAMW,
                 .decay = 0.05,
                 .clip = SX_CLIP_FULL_NORM,
                 .clip_limit = 1,
                 .ema = 0.998 },
      .schedule = { .kind = SX_SCHEDULE_COSINE, .base = 1e-3, .warmup = 200, .warmup_factor = 0.01 } },
    { .name = "sparse_demo",
      .summary = "the demonstration detector's: Sparse R-CNN small enough to be kept with the sources",
      .arch = "sparse_rcnn_r50",
      .config = "{\"backbone_blocks\": [1, 2, 2, 1], \"backbone_stem\": 32, \"backbone_trained_norm\": 1, "
                "\"proposals\": 40,"
                " \"heads\": 4, \"hidden\": 128, \"dynamic\": 16, \"feedforward\": 256}",
      .batch = 8,
      .iterations = 3000,
      .optim = { .kind = SX_OPTIM_ADAMW,
                 .decay = 1e-4,
                 .clip = SX_CLIP_FULL_NORM,
                 .clip_limit = 1,
                 .ema = 0.998 },
      .schedule = { .kind = SX_SCHEDULE_COSINE, .base = 5e-4, .warmup = 200, .warmup_factor = 0.01 },
      .sizes = { 256, 288, 320 },
      .longest = 640 },
    { .name = "sparse_small",
      .summary = "a small Sparse R-CNN from scratch, for films of a few hundred pixels",
      .arch = "sparse_rcnn_r50",
      .config = "{\"backbone_blocks\": [1, 2, 2, 1], \"backbone_stem\": 32, \"backbone_trained_norm\": 1, "
                "\"proposals\": 60,"
                " \"heads\": 4, \"hidden\": 128, \"dynamic\": 32, \"feedforward\": 512}",
      .batch = 8,
      .iterations = 6000,
      .optim = { .kind = SX_OPTIM_ADAMW,
                 .decay = 1e-4,
                 .clip = SX_CLIP_FULL_NORM,
                 .clip_limit = 1,
                 .ema = 0.999 },
      .schedule = { .kind = SX_SCHEDULE_COSINE, .base = 4e-4, .warmup = 300, .warmup_factor = 0.01 },
      .sizes = { 224, 256, 288 },
      .longest = 640 },
};

size_t sx_preset_count(void) {
    return sizeof presets / sizeof presets[0];
}

const sx_preset *sx_preset_at(size_t i) {
    return &presets[i];
}

const sx_preset *sx_preset_find(const char *name) {
    for (size_t i = 0; i < sx_preset_count(); i++)
        if (strcmp(presets[i].name, name) == 0) return &presets[i];
    return NULL;
}
