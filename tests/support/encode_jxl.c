/* Encodes JPEG XL with libjxl for tests. */
#include <stdlib.h>

#include <jxl/encode.h>

#include "support/check.h"
#include "support/dicom.h"
#include "support/icc_profile.h"

#define CHECK_JXL(call) assert_int_equal(call, JXL_ENC_SUCCESS)

static void take_output(JxlEncoder *e, sx_str *out) {
    uint8_t part[4096];
    JxlEncoderStatus s = JXL_ENC_NEED_MORE_OUTPUT;
    while (s == JXL_ENC_NEED_MORE_OUTPUT) {
        uint8_t *next = part;
        size_t room = sizeof part;
        s = JxlEncoderProcessOutput(e, &next, &room);
        sx_str_append(out, part, sizeof part - room);
    }
    CHECK_JXL(s);
    JxlEncoderDestroy(e);
}

static void describe(JxlEncoder *e, int width, int height, int bits, const jxl_options *o) {
    JxlBasicInfo b;
    JxlColorEncoding colour;
    JxlEncoderInitBasicInfo(&b);
    b.xsize = (uint32_t)width;
    b.ysize = (uint32_t)height;
    b.bits_per_sample = o->floats ? 32 : (uint32_t)bits;
    b.exponent_bits_per_sample = o->floats ? 8 : 0;
    b.num_color_channels = o->colour ? 3 : 1;
    b.num_extra_channels = o->alpha;
    b.alpha_bits = o->alpha ? (uint32_t)bits : 0;
    b.have_animation = o->frames;
    b.animation.tps_numerator = b.animation.tps_denominator = 1;
    b.uses_original_profile = o->distance == 0;
    if (o->orientation) b.orientation = (JxlOrientation)o->orientation;
    CHECK_JXL(JxlEncoderUseContainer(e, o->boxes));
    if (bits > 12) CHECK_JXL(JxlEncoderSetCodestreamLevel(e, 10));
    CHECK_JXL(JxlEncoderSetBasicInfo(e, &b));
    JxlColorEncodingSetToSRGB(&colour, !o->colour);
    if (o->icc)
        CHECK_JXL(JxlEncoderSetICCProfile(e, icc_grey, sizeof icc_grey));
    else
        CHECK_JXL(JxlEncoderSetColorEncoding(e, &colour));
}

static JxlEncoderFrameSettings *settings(JxlEncoder *e, int width, int height,
                                         const jxl_options *o) {
    JxlEncoderFrameSettings *s = JxlEncoderFrameSettingsCreate(e, NULL);
    JxlFrameHeader h;
    JxlEncoderInitFrameHeader(&h);
    if (o->distance > 0)
        CHECK_JXL(JxlEncoderSetFrameDistance(s, o->distance));
    else
        CHECK_JXL(JxlEncoderSetFrameLossless(s, JXL_TRUE));
    CHECK_JXL(JxlEncoderFrameSettingsSetOption(s, JXL_ENC_FRAME_SETTING_EFFORT,
                                               o->effort ? o->effort : 3));
    if (o->progressive)
        CHECK_JXL(JxlEncoderFrameSettingsSetOption(s, JXL_ENC_FRAME_SETTING_PROGRESSIVE_DC, 1));
    h.duration = o->frames;
    if (o->crop) {
        h.layer_info.have_crop = JXL_TRUE;
        h.layer_info.crop_x0 = 1;
        h.layer_info.xsize = (uint32_t)width;
        h.layer_info.ysize = (uint32_t)height;
    }
    CHECK_JXL(JxlEncoderSetFrameHeader(s, &h));
    if (o->name) CHECK_JXL(JxlEncoderSetFrameName(s, "MUSTERMANN^ERIKA"));
    return s;
}

/* libjxl expects values that are spread over the whole range of their type. */
static void *spread(const uint16_t *values, size_t count, int channels, int bits,
                    const jxl_options *o) {
    const uint32_t highest = (1u << bits) - 1;
    void *space = calloc(count * (size_t)channels, sizeof(float));
    uint16_t *words = space;
    assert_non_null(words);
    for (size_t i = 0; i < count * (size_t)channels; i++) {
        const uint32_t v = values[i / (size_t)channels] & highest;
        if (o->floats)
            ((float *)(void *)words)[i] = (float)v / (float)highest;
        else
            words[i] = (uint16_t)((v * 65535u + highest / 2) / highest);
    }
    return words;
}

void encode_jxl(const uint16_t *values, int width, int height, int bits, const jxl_options *o,
                sx_str *out) {
    const size_t count = (size_t)width * (size_t)height;
    const int channels = (o->colour ? 3 : 1) + o->alpha;
    const JxlPixelFormat format = { (uint32_t)channels,
                                    o->floats ? JXL_TYPE_FLOAT : JXL_TYPE_UINT16, JXL_NATIVE_ENDIAN,
                                    0 };
    JxlEncoder *e = JxlEncoderCreate(NULL);
    assert_non_null(e);
    describe(e, width, height, bits, o);
    void *samples = spread(values, count, channels, bits, o);
    JxlEncoderFrameSettings *s = settings(e, width, height, o);
    const size_t bytes = count * (size_t)channels * (o->floats ? sizeof(float) : 2);
    for (int i = 0; i <= o->frames; i++)
        CHECK_JXL(JxlEncoderAddImageFrame(s, &format, samples, bytes));
    JxlEncoderCloseInput(e);
    take_output(e, out);
    free(samples);
}

void encode_jxl_of_jpeg(const sx_str *jpeg, sx_str *out) {
    JxlEncoder *e = JxlEncoderCreate(NULL);
    assert_non_null(e);
    CHECK_JXL(JxlEncoderUseContainer(e, JXL_TRUE));
    CHECK_JXL(JxlEncoderStoreJPEGMetadata(e, JXL_TRUE));
    JxlEncoderFrameSettings *s = JxlEncoderFrameSettingsCreate(e, NULL);
    CHECK_JXL(JxlEncoderAddJPEGFrame(s, (const uint8_t *)jpeg->data, jpeg->len));
    JxlEncoderCloseInput(e);
    take_output(e, out);
}
