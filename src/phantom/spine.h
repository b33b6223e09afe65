/* The patient: a spine of 25 vertebrae in space, with its lesions. Millimetres; x to the patient's
 * left, y downwards, z forwards; the origin is the middle of the upper end plate of S1.
 *
 * Sizes, disc heights and sagittal angles by level are round numbers after the anatomical
 * literature (Panjabi et al., Spine 1991-92, for the vertebrae; Roussouly and Pinheiro-Franco, Eur
 * Spine J 2011, for the sagittal profile). */
#ifndef SX_PHANTOM_SPINE_H
#define SX_PHANTOM_SPINE_H

#include <stdbool.h>
#include <stdint.h>

#include "phantom/phantom.h"

typedef struct sx_ph_vec {
    float x, y, z;
} sx_ph_vec;

enum {
    SX_PH_C1 = 0,
    SX_PH_C2,
    SX_PH_C3,
    SX_PH_C7 = 6,
    SX_PH_T1 = 7,
    SX_PH_T12 = 18,
    SX_PH_L1 = 19
};
enum { SX_PH_L4 = 22, SX_PH_L5 = 23, SX_PH_S1 = 24, SX_PH_LEVELS = 25 };

typedef struct sx_ph_vertebra {
    sx_ph_vec at;                /* middle of the body */
    sx_ph_vec up, left, forward; /* axes, unit length */
    float half_width, half_depth, half_height;
    /* individual variation: mm of end-plate concavity, mm by which the front is lower */
    float cup, wedge;
    float loss_front, loss_middle, loss_back; /* of collapse: mm missing from the upper end plate */
    float tilt;                               /* sagittal, radians, forwards positive */
    float disc;                               /* height of the disc below, mm */
    float slip;                               /* forwards on the vertebra below, mm */
} sx_ph_vertebra;

enum { SX_PH_MAX_LESIONS = 64 };

/* A lesion of the patient; the meaning of its fields depends on `finding` (lesion.h). */
typedef struct sx_ph_lesion {
    sx_phantom_finding finding;
    int level; /* the vertebra it belongs to, or that above its disc */
    int kind;
    float severity; /* 0 subtle .. 1 plain */
    uint64_t key;   /* of the stream that its shape is drawn from */
} sx_ph_lesion;

typedef struct sx_ph_patient {
    int age;       /* years */
    char sex;      /* 'F' or 'M' */
    float size;    /* 1: a man of 175 cm */
    float density; /* of cancellous bone, 1: young */
    float girth;   /* of soft tissue, 1: average */
    float wear;    /* 0..1: degeneration below the threshold of a finding */
    int lesion_count;
    sx_ph_lesion lesions[SX_PH_MAX_LESIONS];
    sx_ph_vertebra spine[SX_PH_LEVELS];
    /* positions before the lesions: skin and organs follow these */
    sx_ph_vertebra rest[SX_PH_LEVELS];
} sx_ph_patient;

/* Age, sex, build; no lesions yet. */
void sx_ph_patient_draw(sx_ph_patient *p, uint64_t seed, uint64_t study);
/* Stacks the vertebrae from S1 up, with curvature from (seed, study) and the patient's lesions. */
void sx_ph_spine_build(sx_ph_patient *p, uint64_t seed, uint64_t study);

/* The point at (left, up, forward) mm in a vertebra's own axes. */
sx_ph_vec sx_ph_local(const sx_ph_vertebra *v, float left, float up, float forward);
/* "C1" .. "L5", "S1" */
const char *sx_ph_level_name(int level);

#endif
