/* The structures of a film (dicom/dicom_film.h), for the files that fill them. */
#ifndef SX_DICOM_FILM_TYPES_H
#define SX_DICOM_FILM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "dicom/film_rules.h"
#include "dicom/projection.h"
#include "image/image.h"

typedef enum sx_film_kind { SX_FILM_DICOM, SX_FILM_PNG, SX_FILM_JPEG } sx_film_kind;

/* A table of the Modality LUT or VOI LUT Sequence (PS3.3 C.11.1, C.11.2), its first item. */
typedef struct sx_film_lut {
    int32_t count; /* entries that the descriptor claims, 1..65536; 0: there is no table */
    /* The first value that the table maps: it and all lower values map to entries[0]. Its
     * signedness is that of its VR, or without a VR that of PixelRepresentation. The `dicom`
     * pipeline corrects the signedness. */
    int32_t first;
    int bits;     /* of an entry, as the descriptor says */
    int32_t held; /* 16-bit words (or packed bytes) in LUT Data; may be fewer or more than count */
    bool packed;  /* LUT Data held 8-bit entries, one a byte */
    bool ow;      /* LUT Data was written as OW, not US */
    bool undescribed;  /* count is 0, because LUT Data has no descriptor of three numbers */
    bool without_data; /* an item has a descriptor, but no LUT Data */
    uint16_t *entries; /* [held], owned by the film */
} sx_film_lut;

typedef enum sx_voi_function {
    SX_VOI_LINEAR,
    SX_VOI_LINEAR_EXACT,
    SX_VOI_SIGMOID,
    SX_VOI_OTHER /* a term that the standard does not have */
} sx_voi_function;

typedef struct sx_film_window {
    double center, width;
} sx_film_window;
enum { SX_FILM_WINDOWS = 8 };

/* Bytes of a UID's text. Valid ones need 65; longer ones are kept, so that two studies are not
 * merged because their UIDs begin alike. */
enum { SX_UID_ROOM = 257 };

/* The attributes of the header. Text is UTF-8 (by SpecificCharacterSet, dicom/charsets.h) without
 * leading and trailing blanks, "" if absent. Absent numbers are 0, or NaN where noted. A PNG or
 * JPEG has only rows, columns, samples and bits. */
typedef struct sx_film_info {
    char transfer_syntax[65], sop_class[SX_UID_ROOM];
    char study_uid[SX_UID_ROOM], series_uid[SX_UID_ROOM], sop_uid[SX_UID_ROOM];
    char patient_id[260], sex[17], study_date[17], accession[68];
    char utc_offset[17]; /* TimezoneOffsetFromUTC: "+0900" */
    char issuer[260];    /* of the Patient ID */
    /* view: ViewPosition; laterality: Image's, or else the series' */
    char modality[17], body_part[17], view[17], laterality[17];
    /* PatientOrientation: where rows and columns lead, as letters of the patient's sides (A, P, R,
     * L, H, F); both "" if one of them is absent or has other letters. */
    char orientation[2][4];
    char manufacturer[260], device[260]; /* device: ManufacturerModelName */
    char burned_in[17];                  /* BurnedInAnnotation: "YES", "NO" */
    char charset[65];                    /* SpecificCharacterSet, the first value */
    uint32_t guessed_text;   /* the tag of the first text with undefined bytes; 0: none */
    sx_film_subject subject; /* what the header says that the film shows */
    sx_projection projection;
    double age; /* years, NaN: not known */
    int series_number, instance_number;
    /* mm from row to row and from column to column: PixelSpacing, or else ImagerPixelSpacing, or
     * else NominalScannedPixelSpacing; NaN: not known */
    double spacing[2];

    int rows, columns, samples,
        frames; /* samples of a pixel: 1 grey, 3 colour; frames: at least 1 */
    int bits_allocated, bits_stored, high_bit;
    bool is_signed;       /* PixelRepresentation 1 */
    char photometric[17]; /* as the file spells it: "MONOCHROME2" */
    bool monochrome1;     /* low values are bright */
    bool has_palette;     /* colours of stored values */
    bool inverse;         /* PresentationLUTShape INVERSE */
    bool big_endian;      /* byte order of the stored pixels (Explicit VR Big Endian) */
    bool lossy;           /* LossyImageCompression 01, or a lossy transfer syntax */
    /* A lossy stream (header only: transfer syntax): decoded values may exceed bits_stored. */
    bool lossy_stream;
    /* Its signed values are patterns of bits_stored bits; otherwise they are sign-extended. */
    bool lossy_patterns;
    /* Bits of the decoded values where a JPEG, JPEG-LS, JPEG 2000 or JPEG XL stream has more than
     * bits_stored and uses them for the image, not for overlays; otherwise 0. */
    int stream_bits;
    bool has_pixels; /* there is a Pixel Data element (header only: PNG and JPEG have one too) */

    bool has_slope, has_intercept; /* RescaleSlope and RescaleIntercept are present */
    double slope, intercept;       /* 1 and 0 if absent */
    /* 0: no window. The first complete one of several that the standard allows is given, or the
     * first complete one if it allows none. */
    int window_count;
    double window_center, window_width;
    bool window_passed_over; /* one before it, whose width the standard forbids */
    double passed_over_width;
    /* The complete windows after that one, for viewers; those beyond SX_FILM_WINDOWS are ignored.
     */
    int other_window_count;
    sx_film_window other_windows[SX_FILM_WINDOWS];
    sx_voi_function voi_function; /* of all windows */
    char voi_function_name[17];   /* as the file spells it */
    sx_film_lut modality_lut, voi_lut;
    /* The first number that decides pixels and is none: "RescaleSlope is \"nan\""; "": none. */
    char not_number[96];
    uint32_t contradictory; /* the tag of group 0028 that occurs with two values; 0: none */
    bool has_padding;       /* PixelPaddingValue is there */
    /* stored values from .. to (PixelPaddingRangeLimit), as signed as pixels */
    int32_t padding_low, padding_high;
} sx_film_info;

typedef enum sx_sample { SX_SAMPLE_U8, SX_SAMPLE_S8, SX_SAMPLE_U16, SX_SAMPLE_S16 } sx_sample;

/* What is doubtful in a film that can be used all the same. Further warnings are only logged. */
enum { SX_FILM_WARNINGS = 4, SX_FILM_WARNING_ROOM = 200 };
typedef struct sx_film_warnings {
    int count;
    char texts[SX_FILM_WARNINGS][SX_FILM_WARNING_ROOM];
} sx_film_warnings;

typedef struct sx_film {
    sx_film_kind kind;
    char *name; /* the path, or the name given with the bytes; owned by the film */
    sx_film_info info;
    int width, height; /* info.columns, info.rows, each over 2^halvings and rounded up */
    int halvings;      /* 0: the pixels are as the file has them */
    int frame;         /* the frame of the pixels, from 1 */
    /* DICOM: the stored values from the file or the decoder; unused high bits are not cleared. Rows
     * top to bottom, height * width of them. NULL for PNG, JPEG and header-only films. */
    sx_sample sample;
    void *samples;
    /* PNG and JPEG: the picture. DICOM: empty. */
    sx_image image;
    const sx_context *context;  /* of the options */
    sx_film_warnings *warnings; /* of the options */
} sx_film;

/* The stored value of pixel i (row * width + column) of a DICOM film. */
static inline int32_t sx_film_value(const sx_film *f, size_t i) {
    switch (f->sample) {
    case SX_SAMPLE_U8:
        return ((const uint8_t *)f->samples)[i];
    case SX_SAMPLE_S8:
        return ((const int8_t *)f->samples)[i];
    case SX_SAMPLE_U16:
        return ((const uint16_t *)f->samples)[i];
    default:
        return ((const int16_t *)f->samples)[i];
    }
}

/* NULL or {0}: the only frame, with pixels. */
typedef struct sx_film_options {
    int frame; /* 1..; 0: the only one; a film of several frames is then SX_ERR_UNSUPPORTED */
    /* stop before the pixels; colour and unknown transfer syntaxes are then allowed */
    bool header_only;
    const char *name; /* of a file in messages; NULL: its path */
    /* JPEG 2000 may be decoded at half, quarter .. of the size as long as the shorter side keeps
     * this many pixels: much faster, but no longer every pixel of the file. 0: in full. Other
     * films: no effect. */
    int least_side;
    /* Threads for decoding and for sx_film_to_8bit, whose warnings are logged there. Borrowed, must
     * outlive the film. NULL: one thread, no warnings. */
    const sx_context *context;
    /* Also receives the warnings, without the film's name. Borrowed, must outlive the film. NULL:
     * they are only logged. */
    sx_film_warnings *warnings;
} sx_film_options;

#endif
