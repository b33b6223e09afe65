/* libspinexr: spinal lesions on radiographs.
 *
 *     sx_error err = { SX_OK, "" };
 *     sx_predictor *p = sx_predictor_open(NULL, weights, 4, NULL, &err);
 *     sx_prediction *film = p ? sx_predict_file(p, "film.dcm", NULL, &err) : NULL;
 *     if (film) printf("P(abnormal) %.3f\n", sx_prediction_probability(film));
 *
 * Strings are UTF-8, except paths, which are bytes as in the file system. A call that fails returns
 * NULL or false and fills `err` (spinexr/error.h), which may be NULL. The library prints nothing
 * and does not end the process. There is one exception: OpenMP's runtime library ends the process
 * if it cannot start a thread. To avoid this, the library first starts and ends the same number of
 * threads as a trial. If the trial fails, the call returns SX_ERR_MEMORY. The process ends only if
 * the system's thread limit is reached between the trial and the start of the threads.
 *
 * Threads, messages and cancellation: spinexr/context.h. The library has no settings of its own. It
 * does not change the process's signals, locale, allocator or standard streams. It makes the
 * following changes to the whole process, each once, when it is first needed:
 *
 * - The library detects the processor's instruction sets. The environment variable SPINEXR_CPU
 *   (generic, avx2, avx512, bf16, amx) can select a lower level. The library limits oneDNN to the
 *   selected level (dnnl_set_max_cpu_isa). The limit also applies to oneDNN calls of the host
 *   program.
 * - On Linux, if the processor has AMX, the library asks the kernel for permission to use its tile
 *   registers (arch_prctl, ARCH_REQ_XCOMP_PERM).
 * - DCMTK's codecs are registered. DCMTK's loggers, "dcmtk" and those below it, are switched off.
 *   OFLog's root logger and the host's loggers do not change.
 * - Fontconfig's configuration and the DejaVu fonts are loaded when a picture is first drawn.
 * - The library stays in memory after dlclose, as OpenMP's threads and DCMTK's codecs do.
 *
 * Locale: results do not depend on it. During a call, the calling thread uses the C locale
 * (uselocale). Callbacks run in the caller's locale. Callbacks from the library's own threads run
 * in the process's locale.
 *
 * After fork(), the library's threads do not exist in the child. The child can free a predictor of
 * the parent but cannot predict with it: such a call returns SX_ERR_USAGE. The child must
 * call exec, or open its own predictors in a thread that did not use the library before the fork:
 * fork does not copy OpenMP's threads. */
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
