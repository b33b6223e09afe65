/* The parts of a JPEG stream that jpeg_check.c parses and jpeg_units.c reads. */
#ifndef SX_IMAGE_JPEG_SCAN_H
#define SX_IMAGE_JPEG_SCAN_H

#include "image/jpeg_bits.h"

enum { SX_JPEG_COMPONENTS = 4, SX_JPEG_TABLES = 4 };

typedef struct sx_jpeg_component {
    int id, across, down; /* sampling factors */
    int quantiser;
    int columns, rows; /* blocks (lossless: samples) in a scan of this component alone */
    /* progressive: per block, a bit for each coefficient that is not 0; owned by the checker */
    uint64_t *nonzero;
    bool scanned;
} sx_jpeg_component;

typedef struct sx_jpeg_frame {
    uint8_t marker; /* 0xC0, 0xC1: sequential; 0xC2: progressive; 0xC3: lossless */
    int precision, columns, rows;
    int across, down; /* the largest sampling factors */
    int count;
    sx_jpeg_component components[SX_JPEG_COMPONENTS];
} sx_jpeg_frame;

/* A component of a scan. */
typedef struct sx_jpeg_part {
    sx_jpeg_component *component;
    const sx_jpeg_codes *dc, *ac; /* lossless: dc only */
    const uint16_t *quantisers;   /* [64], in zigzag order */
    int predicted;                /* the previous DC coefficient */
} sx_jpeg_part;

typedef struct sx_jpeg_scan {
    sx_jpeg_frame *frame;
    sx_jpeg_part parts[SX_JPEG_COMPONENTS];
    int count;
    int first, last, high, low; /* Ss, Se, Ah, Al of T.81 B.2.3 */
    int columns, rows;          /* units: MCUs, blocks or samples */
    size_t unit;                /* the next one */
    sx_jpeg_bits bits;
    int end_of_band;   /* blocks that an EOB run still covers */
    bool out_of_range; /* a coefficient or sample that no encoder writes */
    /* Behind the image: units are only parsed. */
    bool behind;
    /* lossless: samples of the previous line from the current column on, of this line before it */
    uint16_t *line;
    int left, corner; /* the samples before these two */
    bool first_line;  /* of the restart interval */
} sx_jpeg_scan;

/* Reads the scan's next unit. False: s->bits.failed or s->out_of_range. */
bool sx_jpeg_scan_read(sx_jpeg_scan *s);
/* Before the first unit, and at each restart marker. */
void sx_jpeg_scan_restart(sx_jpeg_scan *s);

#endif
