/* Reads the elements of a DICOM data set (PS3.5 section 7, PS3.10 section 7) in memory, without
 * copying values. For any input, the reader stays within the given bytes, allocates only the list
 * of elements, and recurses at most 32 sequences deep. */
#ifndef SX_DICOM_DATASET_H
#define SX_DICOM_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"
#include "dicom/charsets.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SX_TAG(group, element) (((uint32_t)(group) << 16) | (uint32_t)(element))
#define SX_TAG_PIXEL_DATA      SX_TAG(0x7FE0, 0x0010)

typedef struct sx_element {
    uint32_t tag;
    char vr[2]; /* zeros where the syntax is implicit */
    /* undefined length: the value ends at its delimiter, which n does not include */
    bool undefined;
    const uint8_t *value;
    /* bytes of the value; for Pixel Data, the remaining bytes of the file if the length exceeds
     * them */
    size_t n;
} sx_element;

typedef struct sx_dataset {
    const uint8_t *begin, *end;
    bool explicit_vr, big_endian;
    sx_element *items;
    size_t count, cap;
    size_t claimed;     /* length that Pixel Data claims where it is defined */
    sx_charset charset; /* of its texts; an item without one inherits that of its data set */
    /* Where the tag of the first text with undefined bytes (dicom/charsets.h) is noted, for its
     * items too; NULL (after reading): nowhere. */
    uint32_t *guessed;
    /* for sx_dataset_walk: whether an attribute must not occur twice in the data set or in an item;
     * NULL (after reading): all may */
    bool (*is_unique)(uint32_t tag);
} sx_dataset;

/* Lists the elements of bytes[n] up to and including Pixel Data. With `guess`, the first element
 * decides between explicit and implicit VR and about the byte order, because some writers declare
 * them wrongly. Elements of unknown VR, and items in the other encoding than their sequence, are
 * read if their encoding follows from the elements after them. Errors: SX_ERR_FORMAT (truncated,
 * unknown VR, sequences too deep), SX_ERR_LIMIT (more than 100,000 elements), SX_ERR_MEMORY. On
 * failure *d is empty. */
bool sx_dataset_read(sx_dataset *d, const uint8_t *bytes, size_t n, bool explicit_vr,
                     bool big_endian, bool guess, sx_error *err) SX_MUST_USE;
void sx_dataset_free(sx_dataset *d); /* the list, not the bytes */

/* Checks every element up to the end of Pixel Data, also in sequences: each VR is known, each
 * length fits, and nesting is at most 32 deep. Use it before passing bytes to a less careful
 * reader, and pass only the *used bytes that were checked. Not *delimited: these lack the delimiter
 * of the fragments of Pixel Data. Errors: SX_ERR_FORMAT, also for a unique attribute that occurs
 * twice; SX_ERR_LIMIT (more than 1,000,000 elements, items and fragments in all; elements in such
 * disorder that sorting them takes long); SX_ERR_MEMORY. */
bool sx_dataset_walk(const sx_dataset *d, size_t *used, bool *delimited, sx_error *err) SX_MUST_USE;

const sx_element *sx_dataset_find(const sx_dataset *d, uint32_t tag); /* NULL if absent */
/* Reads item `index` of a sequence (from 0) as a data set that uses the bytes of `d`. Returns false
 * if there is no such readable item (*err does not change), and on SX_ERR_MEMORY. */
bool sx_dataset_item(const sx_dataset *d, uint32_t sequence, size_t index, sx_dataset *item,
                     sx_error *err) SX_MUST_USE;

/* The items of a sequence, one after the other. */
typedef struct sx_items {
    const uint8_t *at, *end;
    bool explicit_vr, big_endian;
} sx_items;
sx_items sx_dataset_items(const sx_dataset *d, const sx_element *sequence);
/* Reads the next item as a data set that uses the bytes of the sequence. Not *more: there is none,
 * and *item is empty. Errors: those of sx_dataset_read. */
bool sx_dataset_next_item(sx_items *items, sx_dataset *item, bool *more, sx_error *err) SX_MUST_USE;

/* Numbers are read as their VR says, also if it is another one than the standard's: Rows as IS,
 * WindowCenter as FD. The index-th value of an attribute of 16-bit words (US, SS): also without a
 * VR, or with OB, OW or UN. False if absent, or, with another VR, if it is no whole number of 16
 * bits. */
bool sx_dataset_word(const sx_dataset *d, uint32_t tag, size_t index, uint16_t *out) SX_MUST_USE;
/* Whether that number is negative. Words are so only as SS. */
bool sx_dataset_is_negative(const sx_dataset *d, uint32_t tag, size_t index);
/* The index-th of a text's values (split at '\\'), as UTF-8 without blanks around it; "" if
 * absent. */
void sx_dataset_text(const sx_dataset *d, uint32_t tag, size_t index, char *out, size_t size);
/* All values of a text with the backslashes between them, as UTF-8 without blanks around it, of at
 * most the 65,534 bytes that a value of these VRs can have in explicit VR. Appends nothing if
 * absent. */
void sx_dataset_append_text(const sx_dataset *d, uint32_t tag, sx_str *out);
/* Replaces a single comma by a point if there is none: some writers put a comma where DS has a
 * point. */
void sx_point_for_comma(char *text);
/* The index-th value of an attribute of decimal numbers (DS, IS), which may have a decimal comma;
 * with a binary VR, that number. False if absent, empty or not a finite number. */
bool sx_dataset_number(const sx_dataset *d, uint32_t tag, size_t index, double *out) SX_MUST_USE;
/* Its text, to be shown in a message. */
void sx_dataset_number_text(const sx_dataset *d, uint32_t tag, size_t index, char *out,
                            size_t size);
/* How many numbers or texts it has; 0 if absent or empty. */
size_t sx_dataset_multiplicity(const sx_dataset *d, uint32_t tag);

/* Part 10: finds the beginning of the data set and its encoding. */
typedef struct sx_part10 {
    bool is_dicom;              /* false: not DICOM */
    bool unusual;               /* not as in PS3.10: no DICM, a meta header in another encoding */
    size_t dataset;             /* offset of the first byte of the data set */
    char transfer_syntax[65];   /* "" without a meta header that names one */
    size_t syntax, syntax_size; /* offset and bytes of its value; 0: there is none */
    size_t group_length;        /* offset of the value of (0002,0000); 0: there is none */
    /* determined by the first element if the syntax is unknown */
    bool explicit_vr, big_endian;
} sx_part10;
bool sx_part10_read(sx_part10 *p, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;

/* A copy of the file with another Transfer Syntax UID, *size bytes by malloc, e.g. for DCMTK, which
 * does not know every syntax. The file has one in a meta header as in PS3.10. */
bool sx_part10_rename_syntax(const uint8_t *bytes, size_t n, const char *uid, uint8_t **out,
                             size_t *size, sx_error *err) SX_MUST_USE;

/* Checks the File Meta Information of a file that was just written: all elements of type 1, and our
 * implementation's name, must have a value (PS3.10 7.1). If memory runs out, DCMTK leaves elements
 * out without an error. The error is then SX_ERR_MEMORY. */
bool sx_part10_check_meta(const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
