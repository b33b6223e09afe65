/* Files of small data sets below check_tmp(). */
#ifndef TESTS_SUPPORT_SET_FILES_H
#define TESTS_SUPPORT_SET_FILES_H

/* Writes a text file, with the folders that it needs, and gives its path as check_tmp_path does. */
const char *set_put_text(const char *name, const char *text);
/* A film of noise in a PNG file of any name. */
const char *set_put_film(const char *name, int width, int height);
/* The whole text of a file, on the heap. */
char *set_read_text(const char *name);

#endif
