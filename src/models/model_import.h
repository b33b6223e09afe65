/* Import: a weight file made from a checkpoint of another program, or from another weight file. */
#ifndef SX_MODELS_MODEL_IMPORT_H
#define SX_MODELS_MODEL_IMPORT_H

#include "base/fail.h"
#include "spinexr/types.h"
#include "tensor/weights.h"

/* Metadata that are not set here are kept from the checkpoint if it is a weight file of ours,
 * except values fitted to films if the network sees these in another way, or by the names of
 * classes if it has others (sx_import_report.removed and removed_of_classes). */
typedef struct sx_import_options {
    const char *arch;        /* architecture; NULL: recognised by the tensors */
    sx_dtype dtype;          /* of weights with two dimensions and more, SX_F32 or SX_BF16 */
    const char *class_names; /* separated by commas, as many as the network has; NULL: not set */
    const char *note;        /* a warning that predict repeats; NULL: not set */
    bool demonstration;      /* marks the weights as not for films of patients; false: not set */
    const char *input;       /* "WxH", or a detector's shortest and longest edge; NULL: not set */
    sx_pixels pixels;        /* how its training films became 8 bit; SX_PIXELS_AUTO: not set */
    const char *mean, *std;  /* three numbers each for pixels of 0 to 255; NULL: not set */
    const char *channels;    /* "rgb" or "bgr"; NULL: not set */
    double threshold;        /* operating point, 0..1; below 0: not set */
    const char *threshold_chosen_on; /* the set on which it was chosen; NULL: not set */
} sx_import_options;

typedef struct sx_import_report {
    const char *arch; /* static */
    int classes;
    size_t tensor_count; /* written */
    size_t left_out;     /* tensors of the checkpoint that the network does not have */
    /* Of a checkpoint with several sets of weights, the key or prefix of the one that was taken
     * ("": it has none), and those of the others, as sx_recognise_others has them; "": there are
     * none. */
    char taken[256], others[4096];
    /* Removed from the names of the tensors; "": nothing. The prefix of all, and parts that
     * wrappers put anywhere into the names, in quotation marks, separated by commas. */
    char prefix[256], wrappers[128];
    /* The normalisation that the file does not state and no option set, and how to state it; "":
     * there is none. */
    char assumed[320];
    /* It was assumed of a DenseNet with torchvision's names, whose own training uses another. */
    bool torchvision;
    /* The values fitted to films that the file had and the new one lacks, because an option changes
     * what its network sees, separated by commas; "": none. */
    char removed[256];
    /* The same for values by the names of classes, because the classes have other names. */
    char removed_of_classes[256];
} sx_import_report;

/* Reads `path` (.pth, .pkl, .safetensors), checks every tensor against the network and writes the
 * weight file `out`. Errors: those of sx_weights_open and sx_network_recognise; SX_ERR_USAGE (an
 * unknown architecture, another number of class names), SX_ERR_MISSING and SX_ERR_MISMATCH (the
 * first tensor that is absent or has another shape), SX_ERR_IO, SX_ERR_MEMORY. */
bool sx_model_import(const char *path, const char *out, const sx_import_options *o,
                     sx_import_report *report, sx_error *err) SX_MUST_USE;

#endif
