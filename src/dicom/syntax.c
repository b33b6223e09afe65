#include "dicom/syntax.h"

#include <stddef.h>
#include <string.h>

#include "dicom/dataset.h"

static const sx_syntax table[] = {
    { "1.2.840.10008.1.2", "Implicit VR Little Endian", .implicit = true },
    { "1.2.840.10008.1.2.1", "Explicit VR Little Endian" },
    { "1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", .deflated = true },
    { "1.2.840.10008.1.2.2", "Explicit VR Big Endian", .big_endian = true },
    { "1.2.840.10008.1.2.5", "RLE Lossless", SX_CODEC_RLE },
    { "1.2.840.10008.1.2.4.50", "JPEG Baseline", SX_CODEC_JPEG, .lossy = true },
    { "1.2.840.10008.1.2.4.51", "JPEG Extended", SX_CODEC_JPEG, .lossy = true },
    { "1.2.840.10008.1.2.4.53", "JPEG Spectral Selection", SX_CODEC_JPEG, .lossy = true },
    { "1.2.840.10008.1.2.4.55", "JPEG Full Progression", SX_CODEC_JPEG, .lossy = true },
    { "1.2.840.10008.1.2.4.57", "JPEG Lossless", SX_CODEC_JPEG },
    { "1.2.840.10008.1.2.4.70", "JPEG Lossless, First-Order Prediction", SX_CODEC_JPEG },
    { "1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", SX_CODEC_JPEG_LS },
    { "1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless", SX_CODEC_JPEG_LS, .lossy = true },
    { "1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless", SX_CODEC_JPEG_2000 },
    { "1.2.840.10008.1.2.4.91", "JPEG 2000", SX_CODEC_JPEG_2000, .lossy = true },
    { "1.2.840.10008.1.2.4.110", "JPEG XL Lossless", SX_CODEC_JPEG_XL, .recent = true },
    { "1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", SX_CODEC_JPEG_XL, .lossy = true,
      .recent = true },
    { "1.2.840.10008.1.2.4.112", "JPEG XL", SX_CODEC_JPEG_XL, .lossy = true, .recent = true },
    { "1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless", SX_CODEC_JPEG_2000,
      .recent = true },
    { "1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 RPCL Lossless", SX_CODEC_JPEG_2000,
      .recent = true },
    { "1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", SX_CODEC_JPEG_2000, .lossy = true,
      .recent = true },
};

const sx_syntax *sx_syntax_find(const char *uid) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].uid, uid) == 0) return &table[i];
    return NULL;
}

const char *sx_syntax_native(bool explicit_vr, bool big_endian) {
    return big_endian    ? "1.2.840.10008.1.2.2"
           : explicit_vr ? "1.2.840.10008.1.2.1"
                         : "1.2.840.10008.1.2";
}

const sx_syntax *sx_syntax_of(const sx_part10 *p, sx_error *err) {
    const bool named = p->transfer_syntax[0];
    const sx_syntax *syntax = sx_syntax_find(
        named ? p->transfer_syntax : sx_syntax_native(p->explicit_vr, p->big_endian));
    if (!syntax)
        sx_fail(err, SX_ERR_UNSUPPORTED, "the transfer syntax %s is not known", p->transfer_syntax);
    return syntax;
}
