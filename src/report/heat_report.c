#include "report/heat_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/line.h"
#include "base/mem.h"
#include "base/notice.h"
#include "base/writer.h"
#include "report/overlay_report.h"

enum { TEXT = 80 };

static double highest(const sx_explanation *e) {
    double x, y, most = 1;
    for (int i = 0; i < e->count; i++)
        most = fmax(most, sx_heat_peak(&e->each[i], &x, &y));
    return fmax(most, sx_heat_peak(&e->mean, &x, &y));
}

static bool check_kept(const sx_prediction *f, sx_error *err) {
    return f->heat.count > 0 ||
           sx_fail(err, SX_ERR_MISSING, "the heat maps of this film were not kept");
}

/* "2  densenet169 (b.safetensors)": the file tells networks of one architecture apart. */
static bool name_panel(int i, const sx_network_info *network, char title[TEXT], sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%d  %s (", i + 1, network->arch);
    sx_line_shorten(&text, sx_path_base(network->path), 24);
    sx_str_add(&text, ")");
    const bool ok = sx_str_ok(&text, err);
    snprintf(title, TEXT, "%s", sx_str_text(&text));
    sx_str_free(&text);
    return ok;
}

bool sx_heat_picture(const sx_prediction *f, sx_image *out, sx_error *err) {
    const sx_explanation *e = &f->heat;
    sx_heat_panel panels[SX_MAX_CLASSIFIERS + 2] = { { .title = "Film" } };
    char detail[SX_MAX_CLASSIFIERS + 1][TEXT], title[SX_MAX_CLASSIFIERS][TEXT];
    size_t n = 1;
    *out = (sx_image){ 0 };
    if (!check_kept(f, err)) return false;
    if (f->unfamiliar) panels[0].detail = sx_verdict_text(f);
    if (e->count > 1) {
        snprintf(detail[0], TEXT, "P(abnormal) %.2f", f->probability);
        panels[n++] = (sx_heat_panel){ "Mean of the classifiers", detail[0], &e->mean };
    }
    for (int i = 0; i < e->count; i++) {
        if (!name_panel(i, &f->info->networks[i], title[i], err)) return false;
        snprintf(detail[i + 1], TEXT, "P(abnormal) %.2f", f->classifier_probability[i]);
        panels[n++] = (sx_heat_panel){ title[i], detail[i + 1], &e->each[i] };
    }
    const sx_heat_sheet sheet = { .panels = panels,
                                  .count = n,
                                  .title = f->image_id[0] ? f->image_id : "Film",
                                  .scale = "evidence for abnormal, in logits (Grad-CAM)",
                                  .notice = SX_NOTICE,
                                  .warning = f->info->note,
                                  .full = highest(e) };
    return sx_heat_draw(&f->picture, &sheet, out, err);
}

bool sx_heat_write_picture(const sx_prediction *f, const char *path, sx_error *err) {
    sx_image out;
    const bool ok =
        sx_heat_picture(f, &out, err) && sx_report_write_picture(&out, f->info, path, err);
    sx_image_free(&out);
    return ok;
}

static void put_map(sx_str *out, const char *name, const char *arch, const sx_heat_map *h,
                    const sx_prediction *f) {
    const double w = f->width * h->over_x / h->width, y = f->height * h->over_y / h->height;
    for (int j = 0; j < h->height; j++)
        for (int i = 0; i < h->width; i++)
            sx_str_printf(out, "%s,%s,%d,%d,%.6g,%.6g,%.6g,%.6g,%.9g\n", name, arch, j, i, i * w,
                          j * y, (i + 1) * w, (j + 1) * y, (double)h->cell[j * h->width + i]);
}

bool sx_heat_write_numbers(const sx_prediction *f, const char *path, sx_error *err) {
    const sx_explanation *e = &f->heat;
    sx_str out = { 0 };
    char name[16];
    if (!check_kept(f, err)) return false;
    sx_str_add(&out, "map,arch,row,column,x0,y0,x1,y1,value\n");
    put_map(&out, "mean", "", &e->mean, f);
    for (int i = 0; i < e->count; i++) {
        snprintf(name, sizeof name, "%d", i + 1);
        put_map(&out, name, f->info->networks[i].arch, &e->each[i], f);
    }
    const bool ok = sx_str_ok(&out, err) && sx_write_file(path, out.data, out.len, err);
    sx_str_free(&out);
    return ok;
}
