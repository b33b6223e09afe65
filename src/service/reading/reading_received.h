/* Films that the node received become films of a project: de-identified copies (docs/deidentify.md)
 * in reading/KEY/films below the folder of the service, so that neither headers nor file names tell
 * who the patients are. */
#ifndef SX_SERVICE_READING_READING_RECEIVED_H
#define SX_SERVICE_READING_READING_RECEIVED_H

#include "service/reading/reading_import.h"

typedef struct sx_reading_received {
    const char *const *studies; /* [study_count] Study Instance UIDs; none: all */
    size_t study_count;
    /* Called for each film that cannot be de-identified, from any thread, one call at a time, and
     * for each whose study is locked; the message has the path of the received file. May be NULL.
     */
    void (*refused)(void *user, const sx_error *why);
    void *user;
} sx_reading_received;

typedef struct sx_reading_received_counts {
    size_t refused; /* films that are not de-identified, for instance: BurnedInAnnotation is YES */
    sx_reading_import_counts films;
} sx_reading_received_counts;

/* De-identifies the films and imports them as sx_reading_import does, with options->folder, which
 * must not be NULL. The project's key, a file in its folder, makes the same film the same one when
 * the call is repeated, and studies of one patient stay together. Films of locked studies are left
 * out. An import that fails removes the copies that it made, and messages name the received films.
 * Errors: SX_ERR_MISSING (no such study; no film that could be de-identified), SX_ERR_MISMATCH
 * (another such import into the project runs), those of sx_deidentify_run and sx_reading_import. */
bool sx_reading_import_received(sx_db *db, const sx_reading_project *project,
                                const sx_reading_received *received,
                                const sx_reading_import_options *options,
                                sx_reading_received_counts *counts, sx_error *err) SX_MUST_USE;

#endif
