#include "experiment/presets.h"

#include <string.h>

/* Detectron2's solver as the authors' configurations leave it (their code does not use the AdamW
 * optimiser named in its configuration). */
#define AUTHORS_SGD                                                                                \
    {                                                                                              \
        .kind = SX_OPTIM_SGD, .momentum = 0.9, .decay = 1e-4, .decay_bias = 1e-4,                  \
        .clip = SX_CLIP_VALUE, .clip_limit = 1                                                     \
    }

#define CLASSIFIER(depth)                                                                          \
    {                                                                                              \
        .name = "densenet" #depth,                                                                 \
        .summary = "the authors' DenseNet-" #depth ": 224x224, 10,000 iterations of 32 films",     \
        .arch = "densenet" #depth, .config = "{}", .batch = 32, .iterations = 10000,               \
        .optim = AUTHORS_SGD, .group = true, .schedule = {                                         \
            .base = 0.01,                                                                          \
            .warmup = 1000,                                                                        \
            .warmup_factor = 0.001,                                                                \
            .steps = { 5000, 7500 },                                                               \
            .gamma = 0.1                                                                           \
        }                                                                                          \
    }

/* ConvNeXt's fine-tuning (Liu 2022, table 5) for a batch of 32: AdamW, cosine schedule, a moving
 * average. */
#define FINE_TUNING                                                                                \
    .optim = { .kind = SX_OPTIM_ADAMW,                                                             \
               .decay = 0.05,                                                                      \
               .clip = SX_CLIP_FULL_NORM,                                                          \
               .clip_limit = 1,                                                                    \
               .ema = 0.999 },                                                                     \
    .schedule = { .kind = SX_SCHEDULE_COSINE, .base = 1e-4, .warmup = 500, .warmup_factor = 0.01 }

/* What gained most on radiographs (docs/recipes.md): a larger input, AdamW with a cosine schedule,
 * mild augmentation, MixUp, a moving average. From pretrained weights. */
#define DENSENET121(pixels, films)                                                                 \
    {                                                                                              \
        .name = "densenet121_" #pixels,                                                            \
        .summary = "DenseNet-121 at " #pixels "x" #pixels " pixels, from pretrained weights",      \
        .arch = "densenet121", .config = "{}", .batch = (films), .iterations = 10000, FINE_TUNING, \
        .side = (pixels), .group = true, .mixup = 0.2, .mild = true                                \
    }

#define CONVNEXT(preset, pixels, count)                                                            \
    {                                                                                              \
        .name = (preset),                                                                          \
        .summary = "ConvNeXt-Tiny at " pixels " pixels, from pretrained weights",                  \
        .arch = "convnext_tiny", .config = "{}", .batch = 32, .iterations = 10000, FINE_TUNING,    \
        .side = (count), .group = true                                                             \
    }

/* COCO-Detection/faster_rcnn_R_50_FPN_3x and retinanet_R_50_FPN_1x of Detectron2, with its
 * defaults: films at random, those without boxes left out, no clipping. */
#define DETECTRON2(preset, paper, how_long, n, rate, ...)                                          \
    {                                                                                              \
        .name = preset,                                                                            \
        .summary =                                                                                 \
            paper " as Detectron2: shorter edge 640 to 800, " how_long " iterations of 16 films",  \
        .arch = preset, .config = "{}", .batch = 16, .iterations = n,                              \
        .optim = { .kind = SX_OPTIM_SGD, .momentum = 0.9, .decay = 1e-4, .decay_bias = 1e-4 },     \
        .schedule = { .base = rate,                                                                \
                      .warmup = 1000,                                                              \
                      .warmup_factor = 0.001,                                                      \
                      .steps = { __VA_ARGS__ },                                                    \
                      .gamma = 0.1 },                                                              \
        .sizes = { 640, 672, 704, 736, 768, 800 }, .shortest = 800, .longest = 1333,               \
        .group = true, .frozen = true                                                              \
    }

/* The solver for training a detector from scratch on films of a few hundred pixels: the same for
 * each except the rate, so that they can be compared. */
#define SMALL_OF(preset, paper, network, numbers, rate)                                            \
    {                                                                                              \
        .name = (preset),                                                                          \
        .summary = "a small " paper " from scratch, for films of a few hundred pixels",            \
        .arch = (network), .config = "{" numbers "}", .batch = 8, .iterations = 6000,              \
        .optim = { .kind = SX_OPTIM_ADAMW,                                                         \
                   .decay = 1e-4,                                                                  \
                   .clip = SX_CLIP_FULL_NORM,                                                      \
                   .clip_limit = 1,                                                                \
                   .ema = 0.999 },                                                                 \
        .schedule = { .kind = SX_SCHEDULE_COSINE,                                                  \
                      .base = (rate),                                                              \
                      .warmup = 300,                                                               \
                      .warmup_factor = 0.01 },                                                     \
        .sizes = { 224, 256, 288 }, .longest = 640, .group = true                                  \
    }

/* ... with the same backbone */
#define SMALL(preset, paper, network, numbers)                                                     \
    SMALL_OF(preset, paper, network,                                                               \
             "\"backbone_blocks\": [1, 2, 2, 1], \"backbone_stem\": 32, "                          \
             "\"backbone_trained_norm\": 1, " numbers,                                             \
             4e-4)

/* Tan 2020, sec. 5.1, changed for one machine: uncropped films with longer edge `size`, a batch of
 * 16 instead of 128, and the learning rate scaled accordingly (0.16 / 8). */
#define EFFICIENTDET(phi, size)                                                                    \
    {                                                                                              \
        .name = "efficientdet_d" #phi,                                                             \
        .summary = "EfficientDet-D" #phi " as its paper, batches of 16: longer edge " #size,       \
        .arch = "efficientdet_d" #phi, .config = "{}", .batch = 16, .iterations = 50000,           \
        .optim = { .kind = SX_OPTIM_SGD,                                                           \
                   .momentum = 0.9,                                                                \
                   .decay = 4e-5,                                                                  \
                   .clip = SX_CLIP_FULL_NORM,                                                      \
                   .clip_limit = 10,                                                               \
                   .ema = 0.9998 },                                                                \
        .schedule = { .kind = SX_SCHEDULE_COSINE,                                                  \
                      .base = 0.02,                                                                \
                      .warmup = 1000,                                                              \
                      .warmup_factor = 0.001 },                                                    \
        .sizes = { size }, .longest = (size), .group = true                                        \
    }

/* Lyu 2022, table 1 (AdamW, decay 0.05 on weights alone, half cosine), for batches of `films`: the
 * rate of 0.004 for 256 images scaled accordingly, and uncropped films in place of mosaics. */
#define RTMDET(preset, network, title, films, short_edge, long_edge, ...)                          \
    {                                                                                              \
        .name = (preset), .summary = title, .arch = (network), .config = "{}", .batch = (films),   \
        .iterations = 50000,                                                                       \
        .optim = { .kind = SX_OPTIM_ADAMW,                                                         \
                   .decay = 0.05,                                                                  \
                   .clip = SX_CLIP_FULL_NORM,                                                      \
                   .clip_limit = 10,                                                               \
                   .ema = 0.9998 },                                                                \
        .schedule = { .kind = SX_SCHEDULE_COSINE,                                                  \
                      .base = 0.004 * (films) / 256,                                               \
                      .warmup = 1000,                                                              \
                      .warmup_factor = 0.001 },                                                    \
        .sizes = { __VA_ARGS__ }, .shortest = (short_edge), .longest = (long_edge), .group = true, \
        .keep_empty = true                                                                         \
    }
#define RTMDET_800(preset, title)                                                                  \
    RTMDET(preset, preset, title " after its paper, batches of 16: shorter edge 640 to 800", 16,   \
           800, 1333, 640, 672, 704, 736, 768, 800)

static const sx_preset presets[] = {
    CLASSIFIER(121),
    CLASSIFIER(169),
    CLASSIFIER(201),
    DENSENET121(384, 32),
    DENSENET121(512, 16),
    CONVNEXT("convnext_tiny", "224x224", 224),
    CONVNEXT("convnext_tiny_384", "384x384", 384),
    { .name = "sparse_rcnn_r50",
      .summary = "the authors' Sparse R-CNN: shorter edge 800, 50,000 iterations of 16 films",
      .arch = "sparse_rcnn_r50",
      .config = "{}",
      .batch = 16,
      .iterations = 50000,
      .optim = AUTHORS_SGD,
      .schedule = { .base = 0.001,
                    .warmup = 1000,
                    .warmup_factor = 0.001,
                    .steps = { 30000 },
                    .gamma = 0.1 },
      .sizes = { 800 },
      .longest = 1333,
      .group = true,
      .policy = true,
      .repeat = 0.1,
      .frozen = true },
    DETECTRON2("faster_rcnn_r50", "Faster R-CNN", "270,000", 270000, 0.02, 210000, 250000),
    DETECTRON2("retinanet_r50", "RetinaNet", "90,000", 90000, 0.01, 60000, 80000),
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
      .schedule = { .kind = SX_SCHEDULE_COSINE,
                    .base = 1e-3,
                    .warmup = 200,
                    .warmup_factor = 0.01 } },
    { .name = "sparse_demo",
      .summary = "the smallest Sparse R-CNN, for the phantom benchmark",
      .arch = "sparse_rcnn_r50",
      .config = "{\"backbone_blocks\": [1, 2, 2, 1], \"backbone_stem\": 32, "
                "\"backbone_trained_norm\": 1, "
                "\"proposals\": 40,"
                " \"heads\": 4, \"hidden\": 128, \"dynamic\": 16, \"feedforward\": 256}",
      .batch = 8,
      .iterations = 3000,
      .optim = { .kind = SX_OPTIM_ADAMW,
                 .decay = 1e-4,
                 .clip = SX_CLIP_FULL_NORM,
                 .clip_limit = 1,
                 .ema = 0.998 },
      .schedule = { .kind = SX_SCHEDULE_COSINE,
                    .base = 5e-4,
                    .warmup = 200,
                    .warmup_factor = 0.01 },
      .sizes = { 256, 288, 320 },
      .longest = 640,
      .group = true },
    SMALL(
        "sparse_small", "Sparse R-CNN", "sparse_rcnn_r50",
        "\"proposals\": 60, \"heads\": 4, \"hidden\": 128, \"dynamic\": 32, \"feedforward\": 512"),
    SMALL("faster_small", "Faster R-CNN", "faster_rcnn_r50",
          "\"channels\": 128, \"anchor\": 16, \"per_level\": 300, \"per_level_train\": 500, "
          "\"proposals\": 150, \"sampled\": 128, \"fc\": 256"),
    SMALL("retinanet_small", "RetinaNet", "retinanet_r50",
          "\"channels\": 128, \"convs\": 2, \"anchor\": 16"),
    SMALL_OF(
        "efficientdet_small", "EfficientDet", "efficientdet_d0",
        "\"backbone_width\": 100, \"backbone_depth\": 50, \"backbone_drop\": 0, \"channels\": 64, "
        "\"cells\": 2, "
        "\"convs\": 2, \"levels\": 4, \"anchor\": 16, \"bias\": 0, \"momentum\": 100",
        /* loss after 300 steps: 0.70 with 1.5e-3, 0.62 with 3e-3; 4e-4 needs 1,000 steps for
         * that */
        3e-3),
    SMALL_OF("rtmdet_small", "RTMDet", "rtmdet_tiny", "", 1e-3),
    RTMDET_800("rtmdet_tiny", "RTMDet-tiny"),
    RTMDET_800("rtmdet_s", "RTMDet-s"),
    /* An osteophyte of 80x60 pixels on a film of 1606x2455 is 40x30 with a shorter edge of 800. */
    RTMDET("rtmdet_s_1024", "rtmdet_s", "RTMDet-s for small findings: shorter edge 832 to 1,024", 8,
           1024, 1706, 832, 864, 896, 928, 960, 992, 1024),
    RTMDET("rtmdet_s_1333", "rtmdet_s", "RTMDet-s for small findings: shorter edge 1,088 to 1,333",
           8, 1333, 2221, 1088, 1152, 1216, 1280, 1333),
    EFFICIENTDET(0, 512),
    EFFICIENTDET(1, 640),
    EFFICIENTDET(2, 768),
    EFFICIENTDET(3, 896),
    EFFICIENTDET(4, 1024),
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
