#include <stdlib.h>

#include "spinexr/spinexr.h"

void sx_findings_free(sx_findings *f) {
    if (!f) return;
    free(f->classifier_probability);
    free(f->items);
    free(f);
}
