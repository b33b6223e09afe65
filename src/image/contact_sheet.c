#include "image/contact_sheet.h"

#include <string.h>

#include "image/png.h"

enum { GAP = 8 };

bool sx_sheet_add(sx_sheet *s, sx_image *tile) {
    const bool room = s->count < SX_SHEET_TILES;
    if (room)
        s->tile[s->count++] = *tile;
    else
        sx_image_free(tile);
    *tile = (sx_image){ 0 };
    return room;
}

void sx_sheet_free(sx_sheet *s) {
    for (size_t i = 0; i < s->count; i++)
        sx_image_free(&s->tile[i]);
    *s = (sx_sheet){ 0 };
}

static int most(int a, int b) {
    return a > b ? a : b;
}

static void paste(const sx_image *on, const sx_image *tile, int x, int y) {
    const size_t row = 3 * (size_t)tile->width;
    for (int i = 0; i < tile->height; i++)
        memcpy(sx_image_u8(on) + 3 * ((size_t)(y + i) * (size_t)on->width + (size_t)x),
               sx_image_u8(tile) + row * (size_t)i, row);
}

bool sx_sheet_write(const sx_sheet *s, size_t columns, const char *path, sx_error *err) {
    int wide[SX_SHEET_TILES] = { 0 }, high[SX_SHEET_TILES] = { 0 }, w = GAP, h = GAP;
    if (s->count == 0 || columns == 0 || columns > SX_SHEET_TILES)
        return sx_fail(err, SX_ERR_USAGE, "%s: no pictures for a sheet", path);
    for (size_t i = 0; i < s->count; i++) {
        wide[i % columns] = most(wide[i % columns], s->tile[i].width);
        high[i / columns] = most(high[i / columns], s->tile[i].height);
    }
    for (int i = 0; i < SX_SHEET_TILES; i++) {
        w += wide[i] ? wide[i] + GAP : 0;
        h += high[i] ? high[i] + GAP : 0;
    }
    sx_image all;
    if (!sx_image_new(&all, w, h, 3, 8, err)) return false;
    memset(sx_image_u8(&all), 0x30, 3 * (size_t)w * (size_t)h);
    int x = GAP, y = GAP;
    for (size_t i = 0; i < s->count; i++) {
        paste(&all, &s->tile[i], x, y);
        x += wide[i % columns] + GAP;
        if ((i + 1) % columns == 0) {
            x = GAP;
            y += high[i / columns] + GAP;
        }
    }
    const sx_png_text text = { "Disclaimer", s->notice };
    const bool ok = sx_png_write_with(&all, SX_PNG_QUICK, &text, 1, path, err);
    sx_image_free(&all);
    return ok;
}
