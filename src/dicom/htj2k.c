/* Checks of High-Throughput JPEG 2000 (ITU-T T.814) that OpenJPEG leaves out: its block decoder
 * ends the process at a byte above 0x8F behind a byte 0xFF. Such pairs are markers. No code block
 * may contain one (T.800 annex B.10.1, T.814 7.1.1), so that a stream that does is damaged. */
#include "dicom/byte_order.h"
#include "dicom/streams.h"

enum { SOC_BYTES = 2, COD = 0x52, COC = 0x53, SOT = 0x90, SOD = 0x93, EOC = 0xD9 };

typedef struct walk {
    const uint8_t *at, *end;
    bool high_throughput; /* in a main or tile-part header */
    bool packet_markers;  /* SOP or EPH between packets */
    bool clean;           /* no pair in the data so far */
} walk;

static size_t left(const walk *w) {
    return (size_t)(w->end - w->at);
}

/* The style of code blocks and of packets: in COD behind the progression, layers, transform,
 * levels and block size, in COC behind the component, levels and block size. */
static void note_style(walk *w, uint8_t marker, const uint8_t *segment, size_t length) {
    const size_t at = marker == COD ? 10 : 7;
    if (length <= at) return;
    w->high_throughput = w->high_throughput || (segment[at] & 0x40);
    if (marker == COD) w->packet_markers = w->packet_markers || (segment[2] & 6);
}

/* To the marker that ends a main or tile-part header. */
static bool read_header(walk *w, uint8_t last) {
    while (left(w) >= 4 && w->at[0] == 0xFF && w->at[1] != last) {
        const uint8_t marker = w->at[1];
        const size_t length = sx_be16(w->at + 2);
        if (length < 2 || length > left(w) - 2) return false;
        if (marker == COD || marker == COC) note_style(w, marker, w->at + 2, length);
        w->at += 2 + length;
    }
    return left(w) >= 2 && w->at[0] == 0xFF && w->at[1] == last;
}

static bool has_pair(const uint8_t *p, size_t n) {
    if (n && p[n - 1] == 0xFF) return true;
    for (size_t i = 1; i < n; i++)
        if (p[i - 1] == 0xFF && p[i] > 0x8F) return true;
    return false;
}

/* A tile-part without a length is the last one: up to the end marker, behind which is padding. */
static size_t last_length(const uint8_t *p, size_t n) {
    while (n && p[n - 1] == 0)
        n--;
    return n >= 2 && p[n - 2] == 0xFF && p[n - 1] == EOC ? n - 2 : n;
}

/* False: the rest does not begin with a whole tile-part. */
static bool read_tile_part(walk *w) {
    const uint8_t *begin = w->at;
    if (left(w) < 12 || begin[0] != 0xFF || begin[1] != SOT) return false;
    size_t length = sx_be32(begin + 6);
    if (length == 0) length = last_length(begin, left(w));
    if (length < 14 || length > left(w)) return false;
    walk header = *w;
    header.at += 12;
    header.end = begin + length;
    if (!read_header(&header, SOD)) return false;
    header.clean = header.clean && !has_pair(header.at + 2, left(&header) - 2);
    header.at = header.end;
    header.end = w->end;
    *w = header;
    return true;
}

/* Whether something that looks like a header of high throughput is in bytes whose structure is
 * unknown. */
static bool may_be_high_throughput(const walk *w) {
    walk at = *w;
    at.high_throughput = false;
    for (; left(&at) >= 4; at.at++)
        if (at.at[0] == 0xFF && (at.at[1] == COD || at.at[1] == COC))
            note_style(&at, at.at[1], at.at + 2, left(&at) - 2);
    return at.high_throughput;
}

bool sx_htj2k_check(const uint8_t *codestream, size_t n, sx_error *err) {
    walk w = { .at = codestream, .end = codestream + n, .clean = true };
    if (n < SOC_BYTES) return true;
    w.at += SOC_BYTES;
    if (read_header(&w, SOT))
        while (read_tile_part(&w))
            ;
    const bool whole = left(&w) >= 2 && w.at[0] == 0xFF && w.at[1] == EOC;
    if (!w.high_throughput && (whole || !may_be_high_throughput(&w))) return true;
    if (w.packet_markers)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "a High-Throughput JPEG 2000 stream with markers between packets (SOP, EPH) "
                       "is not read");
    return (whole && w.clean) ||
           sx_fail(err, SX_ERR_FORMAT, "the JPEG 2000 stream is damaged or incomplete");
}
