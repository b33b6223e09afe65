/* Several data sets as one. */
#ifndef SX_DATA_MANIFEST_MERGE_H
#define SX_DATA_MANIFEST_MERGE_H

#include "data/merge_types.h"

/* Whether a text is a name of a set: 1 to 40 letters, digits, '-' and '_' of ASCII. */
bool sx_merge_name_ok(const char *name);
/* The name without the set that a merge put before it: "7" of "ours:7" with sign ':', "x" of
 * "ours/x" with '/'. Points into `name`; the whole name if no set's name stands before it. */
const char *sx_merge_own_name(const char *name, char sign);

/* Makes *out of the films of all sets, in their order. It has copies of all texts, and the files of
 * the films stay where they are. Patients and readers of different sets are different, except that
 * placeholders stay as they are (base/patient_id.h). Studies and series that are DICOM UIDs stay as
 * they are, because a UID is the same everywhere; others are named as patients are.
 *
 * Errors: SX_ERR_MISMATCH (two sets have the same film; some sets have splits and others do not),
 * SX_ERR_VALUE (a class is not in options->classes), SX_ERR_LIMIT (an id is too long), SX_ERR_IO,
 * SX_ERR_CANCELLED, SX_ERR_MEMORY. Free *out with sx_manifest_free and *totals with
 * sx_merge_totals_free, also after an error. */
bool sx_manifest_merge(const sx_merge_options *options, sx_manifest *out, sx_merge_totals *totals,
                       sx_error *err) SX_MUST_USE;
void sx_merge_totals_free(sx_merge_totals *t);

#endif
