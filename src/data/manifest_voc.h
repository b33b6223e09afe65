/* Internal to the reader of Pascal VOC: the film of an XML file, and its text. */
#ifndef SX_DATA_MANIFEST_VOC_H
#define SX_DATA_MANIFEST_VOC_H

#include "data/manifest_build.h"

/* What an XML file and its place say about its film. Texts are as they are in the file; "": not
 * stated. */
typedef struct sx_voc_names {
    const char *id; /* the XML file's path below the folder of annotations, without ".xml" */
    const char *file, *folder, *path; /* <filename>, <folder>, <path> */
    bool twin; /* another XML file differs in the film's ending only: "a.dcm.xml", "a.png.xml" */
    sx_split split;
} sx_voc_names;

/* Finds the film. *path NULL: it is missing; *other: another that fits as well, otherwise NULL.
 * Both belong to `files`. `id` is what the film is called. */
bool sx_voc_find_film(sx_manifest_build *b, sx_film_files *files, const sx_voc_names *names,
                      char id[SX_FILM_STEM], const char **path, const char **other,
                      sx_error *err) SX_MUST_USE;

/* Appends the text of an XML file to *out as UTF-8. `encoding`: the one that it states.
 * SX_ERR_UNSUPPORTED: it is not known; SX_ERR_FORMAT: the text is in another one. */
bool sx_voc_to_utf8(const sx_manifest_build *b, const char *encoding, const char *text, size_t size,
                    sx_str *out, sx_error *err) SX_MUST_USE;

#endif
