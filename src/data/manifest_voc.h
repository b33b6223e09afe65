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

/* The film of an XML file. */
typedef struct sx_voc_film {
    const char *path,
        *other;            /* NULL: it is missing; no other fits as well. Both belong to `files` */
    char id[SX_FILM_STEM]; /* what it is called, if no other film is */
    /* The same with the folder in which it is, else with the one that is stated. */
    char folder_id[SX_FILM_STEM];
    char ending[8]; /* that of the stated name, if the id lacks it: ".png"; "": none */
} sx_voc_film;

bool sx_voc_find_film(sx_manifest_build *b, sx_film_files *files, const sx_voc_names *names,
                      sx_voc_film *film, sx_error *err) SX_MUST_USE;

/* Reads from an XML file only which film it describes. */
bool sx_voc_read_film(sx_manifest_build *b, const char *path, const sx_manifest_xml *x,
                      sx_film_files *files, sx_voc_film *film, sx_error *err) SX_MUST_USE;

/* Appends the text of an XML file to *out as UTF-8. `encoding`: the one that it states.
 * SX_ERR_UNSUPPORTED: it is not known; SX_ERR_FORMAT: the text is in another one. */
bool sx_voc_to_utf8(const sx_manifest_build *b, const char *encoding, const char *text, size_t size,
                    sx_str *out, sx_error *err) SX_MUST_USE;

#endif
