#include "experiment/sweep_table.h"

#include <math.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"

const char *sx_sweep_value(const sx_sweep *s, size_t axis, size_t variant) {
    for (size_t k = s->axis_count; --k > axis;)
        variant /= s->axes[k].value->count;
    const sx_yaml_value *v = s->axes[axis].value;
    return v->items[variant % v->count];
}

static void put_row(const sx_sweep *s, size_t i, sx_str *out) {
    const sx_sweep_variant *v = &s->variants[i];
    sx_str_printf(out, "%03zu", i + 1);
    for (size_t k = 0; k < s->axis_count; k++) {
        sx_str_add(out, ",");
        sx_csv_put(out, sx_sweep_value(s, k, i));
    }
    if (v->state == SX_VARIANT_DONE)
        sx_str_printf(out, ",%ld,", v->iterations);
    else
        sx_str_add(out, ",,");
    if (!isnan(v->best))
        sx_str_printf(out, "%.6f,%ld,", v->best, v->best_at);
    else
        sx_str_add(out, ",,");
    if (v->state == SX_VARIANT_FAILED) {
        char text[sizeof v->error.message + 16];
        snprintf(text, sizeof text, "failed: %s", v->error.message);
        sx_csv_put(out, text);
    } else
        sx_str_add(out, v->state == SX_VARIANT_DONE ? "done" : "to do");
    sx_str_add(out, "\n");
}

bool sx_sweep_write_csv(const sx_sweep *s, const char *path, sx_error *err) {
    sx_str out = { 0 };
    sx_str_add(&out, "variant");
    for (size_t k = 0; k < s->axis_count; k++) {
        sx_str_add(&out, ",");
        sx_csv_put(&out, s->axes[k].key);
    }
    sx_str_add(&out, ",iterations,best,best_at,state\n");
    for (size_t i = 0; i < s->variant_count; i++)
        put_row(s, i, &out);
    const bool ok = sx_str_ok(&out, err) && sx_write_file(path, out.data, out.len, err);
    sx_str_free(&out);
    return ok;
}
