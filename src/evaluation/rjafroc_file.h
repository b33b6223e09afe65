/* The data file of RJafroc: an Excel workbook of marks and truth. */
#ifndef SX_EVALUATION_RJAFROC_FILE_H
#define SX_EVALUATION_RJAFROC_FILE_H

#include "evaluation/eval_input.h"

/* Writes the sheets NL, LL and TRUTH of RJafroc's current format (newExcelFileFormat): one reader,
 * a modality for each predictions file, a case for each film, in the order of their names from 1.
 * Every box is a mark; one that takes a true box of its class with an IoU of `iou` or more is a
 * lesion localisation. Lesions are weighted equally. Errors: SX_ERR_IO, SX_ERR_MEMORY,
 * SX_ERR_MISSING (no boxes). */
bool sx_rjafroc_write(const sx_eval_input *in, double iou, const char *path,
                      sx_error *err) SX_MUST_USE;

#endif
