/* The structure of JPEG XL, as far as it must be known before libjxl sees a stream. */
#ifndef SX_DICOM_JXL_FRAMES_H
#define SX_DICOM_JXL_FRAMES_H

#include "dicom/decode.h"
#include "dicom/jxl_bridge.h"

/* The codestream: the frame's bytes, or those in the boxes jxlc or jxlp of a file; empty if there
 * is none. It may borrow the bytes of `f`; the caller frees both. */
bool sx_jxl_find_codestream(const sx_frame *f, sx_frame *code, sx_error *err) SX_MUST_USE;

/* Whether frames that are not shown before the first one that is need no more memory than the
 * image. frames[n]: the codestream from its first frame on. SX_ERR_UNSUPPORTED. */
bool sx_jxl_check_frames(const uint8_t *frames, size_t n, const sx_jxl_info *info,
                         sx_error *err) SX_MUST_USE;

#endif
