/* Small files of truth and predictions, for tests of how they are read. */
#ifndef TESTS_EVALUATION_EVAL_FILES_H
#define TESTS_EVALUATION_EVAL_FILES_H

#include <string.h>

#include "support/check.h"

#include "base/writer.h"
#include "evaluation/truth.h"

static inline const char *file_with(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

#define ANNOTATIONS                                                                                \
    "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"                         \
    "s1,x,b,R1,Osteophytes,10,10,50,40\n"                                                          \
    "s1,x,b,R1,Osteophytes,10,10,50,40\n"                                                          \
    "s1,x,a,R1,No finding,,,,\n"                                                                   \
    "s2,x,c,R2,Surgical implant,1,2,3,4\r\n"

/* A truth of boxes begins with it. */
#define HEAD "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"

static inline sx_truth truth_of(const char *text) {
    sx_truth t;
    sx_error err = { 0 };
    const sx_manifest_options plain = { 0 };
    CHECK_OK(sx_truth_load(&t, file_with("truth", text), &plain, NULL, &err), err);
    return t;
}

static inline int remove_files(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#endif
