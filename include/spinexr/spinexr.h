/* libspinexr: spinal lesions on radiographs.
 *
 *     sx_error err = { SX_OK, "" };
 *     sx_predictor *p = sx_predictor_open(NULL, weights, 4, NULL, &err);
 *     sx_prediction *film = p ? sx_predict_file(p, "film.dcm", NULL, &err) : NULL;
 *     if (film) printf("P(abnormal) %.3f\n", sx_prediction_probability(film));
 *
 * Strings are UTF-8, except paths, which are bytes as in the file system. Fallible calls return
 * NULL or false and fill `err` (spinexr/error.h), which may be NULL. Nothing is printed, and no
 * call exits the process. (OpenMP's library exits if it cannot start a thread. Before threads are
 * first used, as many are started for a trial, and if that fails the call gives SX_ERR_MEMORY; what
 * is left is a process that reaches its limits between the two.)
 *
 * Threads, messages and cancellation: spinexr/context.h. The library has no settings of its own;
 * signals, the locale, the allocator and standard streams are left alone. What it does change for
 * the whole process, once, when it is first needed:
 *
 * - The processor's instruction sets are detected, and the environment variable SPINEXR_CPU
 *   (generic, avx2, avx512, bf16, amx), which lowers the level, is read. oneDNN is limited to the
 *   highest of these levels that is left (dnnl_set_max_cpu_isa), also for a host that uses it.
 * - DCMTK's codecs are registered. Its loggers, "dcmtk" and those below it, are switched off;
 *   OFLog's root logger and those of the host stay as they are.
 * - Fontconfig's configuration and the DejaVu fonts are loaded when a picture is first drawn.
 * - The library stays in memory after dlclose, as OpenMP's threads and DCMTK's codecs do.
 *
 * Locale: the calls do not depend on it. While one runs, its thread works in the C locale
 * (uselocale); callbacks are made in the caller's, or, in threads of the library, in that of the
 * process.
 *
 * After fork(), the library's threads do not exist in the child. A predictor of the parent can only
 * be freed there; predicting with it gives SX_ERR_USAGE. The child must either call exec or open
 * its own predictors in a thread that did not use the library before the fork, because the OpenMP
 * threads of any other thread do not exist in the child. */
#ifndef SPINEXR_H
#define SPINEXR_H

#include "spinexr/context.h"
#include "spinexr/error.h"
#include "spinexr/predict_batch.h"
#include "spinexr/predictor.h"
#include "spinexr/result.h"
#include "spinexr/types.h"
#include "spinexr/version.h"

#endif
