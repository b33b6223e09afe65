/* The names of VinDr-SpineXR's lesion classes (Nguyen et al. 2021, table 2). */
#ifndef SX_BASE_VINDR_CLASSES_H
#define SX_BASE_VINDR_CLASSES_H

#include "base/names.h"

/* lesion_type of a row in which a reader states that the film has no finding. */
#define SX_NO_FINDING "No finding"

/* The first output of every classifier. */
#define SX_ABNORMAL "Abnormal"

/* In the order of their names. */
typedef enum sx_vindr_class {
    SX_VINDR_DISC_SPACE_NARROWING,
    SX_VINDR_FORAMINAL_STENOSIS,
    SX_VINDR_OSTEOPHYTES,
    SX_VINDR_OTHER_LESIONS,
    SX_VINDR_SPONDYLOLYSTHESIS,
    SX_VINDR_SURGICAL_IMPLANT,
    SX_VINDR_VERTEBRAL_COLLAPSE,
    SX_VINDR_CLASSES
} sx_vindr_class;

/* The name as the data set spells it: "Spondylolysthesis". */
const char *sx_vindr_class_name(sx_vindr_class c);

/* Adds the names of a list that are separated by commas, without the blanks around them; "vindr"
 * means the seven above. SX_ERR_USAGE: an empty name. */
bool sx_class_list(const char *list, sx_names *names, sx_error *err) SX_MUST_USE;

#endif
