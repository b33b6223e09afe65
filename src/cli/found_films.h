/* The films that a command's inputs name: files, and folders with what is in them. */
#ifndef SX_CLI_FOUND_FILMS_H
#define SX_CLI_FOUND_FILMS_H

#include "base/files.h"
#include "cli/command.h"

typedef struct sx_found_films {
    sx_paths files;     /* inputs that are no folder, and films of folders */
    sx_paths unread;    /* what could not be examined (sx_paths_unread_error) */
    sx_paths empty;     /* "DIR: no film in this folder (0 files examined)" */
    size_t passed_over; /* files of folders: no films, or results of earlier runs */
} sx_found_films;

/* Free *f with sx_found_films_free, also after an error. */
bool sx_found_films_open(const sx_call *call, sx_found_films *f, sx_error *err) SX_MUST_USE;
void sx_found_films_free(sx_found_films *f);

#endif
