/* Whether a look-up table is one. */
#ifndef SX_DICOM_DEID_TABLES_H
#define SX_DICOM_DEID_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Whether some of the entries are text: at least twelve printable characters in a row, as which the
 * table would rise and fall by jumps of 256 and more. Curves do not do that: where all their bytes
 * are printable, they rise, fall or vary little. */
bool sx_deid_table_is_text(const uint16_t *entries, size_t n);

#ifdef __cplusplus
}
#endif
#endif
