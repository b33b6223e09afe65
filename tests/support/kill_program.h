/* Runs the program and kills it, for tests of what a killed command leaves. */
#ifndef SPINEXR_TEST_KILL_PROGRAM_H
#define SPINEXR_TEST_KILL_PROGRAM_H

#include <stdbool.h>

/* Runs program args[0], args[1], .. NULL in the folder `dir` (NULL: this one) without output (with
 * LOUD in the environment: with messages) and kills it after `seconds`; infinite: never. Its exit
 * status, or -1 if it was killed. A death by another signal fails the test. */
int kill_program_run(const char *program, const char *const *args, const char *dir, double seconds);

/* A line for everything below `dir`, hidden names too, in the order of names: the name, and for a
 * file the hash of its contents. Times are left out of .json, .jsonl and .html files, and the
 * contents of event files and journals, which hold times, altogether. From malloc. */
char *kill_program_digest(const char *dir);

#endif
