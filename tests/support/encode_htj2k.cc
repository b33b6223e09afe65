// The bridge to OpenJPH, which encodes for tests. The program decodes with OpenJPEG: OpenJPH 0.9
// decodes some valid images wrongly, and crashes on damaged streams.
#include <vector>

#include <openjph/ojph_arch.h>
#include <openjph/ojph_base.h>
#include <openjph/ojph_codestream.h>
#include <openjph/ojph_file.h>
#include <openjph/ojph_mem.h>
#include <openjph/ojph_params.h>

extern "C" {
#include "support/dicom.h"
}

extern "C" const htj2k_options htj2k_defaults = { 5, "RPCL", { 64, 64 }, 0, false };

static void describe(ojph::codestream &c, ojph::ui32 width, ojph::ui32 height, ojph::ui32 bits,
                     bool is_signed, const htj2k_options &o) {
    ojph::param_siz size = c.access_siz();
    ojph::param_cod coding = c.access_cod();
    size.set_image_extent(ojph::point(width, height));
    size.set_image_offset(ojph::point(0, 0));
    size.set_tile_offset(ojph::point(0, 0));
    size.set_num_components(1);
    size.set_component(0, ojph::point(1, 1), bits, is_signed);
    if (o.tile) size.set_tile_size(ojph::size(ojph::ui32(o.tile), ojph::ui32(o.tile)));
    coding.set_num_decomposition(ojph::ui32(o.levels));
    coding.set_block_dims(ojph::ui32(o.block[0]), ojph::ui32(o.block[1]));
    coding.set_progression_order(o.progression);
    coding.set_color_transform(false);
    coding.set_reversible(!o.irreversible);
    if (o.irreversible) c.access_qcd().set_irrev_quant(0.0002f);
    c.set_planar(false);
}

extern "C" void encode_htj2k(const uint16_t *values, int width, int height, int bits,
                             bool is_signed, const htj2k_options *o, sx_str *out) {
    ojph::codestream c;
    ojph::mem_outfile file;
    ojph::ui32 component = 0;
    describe(c, ojph::ui32(width), ojph::ui32(height), ojph::ui32(bits), is_signed, *o);
    file.open();
    c.write_headers(&file);
    ojph::line_buf *line = c.exchange(NULL, component);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const uint16_t v = values[y * width + x];
            line->i32[x] = is_signed ? static_cast<int16_t>(v) : v;
        }
        line = c.exchange(line, component);
    }
    c.flush();
    sx_str_append(out, file.get_data(), static_cast<size_t>(file.tell()));
    c.close();
}
