#include "document/plot.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "document/document.h"

static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73", "#b8568c",
                                       "#3a9bd1", "#b97d00", "#333333" };
static const char *const dashes[] = { "", " stroke-dasharray='6 3'", " stroke-dasharray='2 2.5'",
                                      " stroke-dasharray='8 2 2 2'" };
enum { COLOURS = 7 };

static const char *colour_of(int i) {
    return colours[i % COLOURS];
}

/* The frame in which the data are drawn. */
typedef struct frame {
    const sx_plot *p;
    double left, top, width, height;
} frame;

static double along(const sx_axis *a, double v) {
    if (a->log2) return (log2(v) - log2(a->least)) / (log2(a->most) - log2(a->least));
    return (v - a->least) / (a->most - a->least);
}

static double px(const frame *f, double v) {
    return f->left + f->width * along(&f->p->x, v);
}

static double py(const frame *f, double v) {
    return f->top + f->height * (1 - along(&f->p->y, v));
}

static void label(sx_str *out, double x, double y, const char *anchor, const char *more,
                  const char *text) {
    sx_str_printf(out, "<text x='%.1f' y='%.1f' text-anchor='%s'%s>", x, y, anchor, more);
    sx_html_text(out, text);
    sx_str_add(out, "</text>");
}

static void number_label(sx_str *out, double x, double y, const char *anchor, double v,
                         bool fraction) {
    char buf[40];
    if (fraction && (v == 0.125 || v == 0.25 || v == 0.5))
        snprintf(buf, sizeof buf, v == 0.125 ? "1/8" : v == 0.25 ? "1/4" : "1/2");
    else
        snprintf(buf, sizeof buf, "%g", v);
    label(out, x, y, anchor, "", buf);
}

static double tick_at(const sx_axis *a, size_t i) {
    return a->tick ? a->tick[i] : a->least + (a->most - a->least) * (double)i / 5;
}

static void put_axes(sx_str *out, const frame *f) {
    const sx_plot *p = f->p;
    double bottom = f->top + f->height, right = f->left + f->width;
    size_t nx = p->x.tick ? p->x.ticks : 6, ny = p->y.tick ? p->y.ticks : 6;
    sx_str_add(out, "<g stroke='#e3e7eb' stroke-width='1'>");
    for (size_t i = 0; i < nx; i++) {
        double x = px(f, tick_at(&p->x, i));
        sx_str_printf(out, "<path d='M%.1f %.1fV%.1f'/>", x, f->top, bottom);
    }
    for (size_t i = 0; i < ny; i++) {
        double y = py(f, tick_at(&p->y, i));
        sx_str_printf(out, "<path d='M%.1f %.1fH%.1f'/>", f->left, y, right);
    }
    sx_str_add(out, "</g>");
    if (p->diagonal)
        sx_str_printf(out,
                      "<path d='M%.1f %.1fL%.1f %.1f' stroke='#9aa4ae' stroke-width='1' "
                      "stroke-dasharray='3 3'/>",
                      f->left, bottom, right, f->top);
    sx_str_add(out, "<g font-size='12' fill='#47505a'>");
    for (size_t i = 0; i < nx; i++)
        number_label(out, px(f, tick_at(&p->x, i)), bottom + 17, "middle", tick_at(&p->x, i),
                     p->x.log2);
    for (size_t i = 0; i < ny; i++)
        number_label(out, f->left - 7, py(f, tick_at(&p->y, i)) + 4, "end", tick_at(&p->y, i),
                     p->y.log2);
    label(out, f->left + f->width / 2, bottom + 37, "middle", " font-size='13' fill='#1b1f24'",
          p->x.label);
    char turn[96];
    double cx = f->left - 38, cy = f->top + f->height / 2;
    snprintf(turn, sizeof turn, " font-size='13' fill='#1b1f24' transform='rotate(-90 %.1f %.1f)'",
             cx, cy);
    label(out, cx, cy, "middle", turn, p->y.label);
    sx_str_add(out, "</g>");
    sx_str_printf(out, "<path d='M%.1f %.1fV%.1fH%.1f' stroke='#1b1f24' fill='none'/>", f->left,
                  f->top, bottom, right);
}

static double within(double v, const sx_axis *a) {
    return fmin(fmax(v, a->least), a->most);
}

static void put_band(sx_str *out, const frame *f, const sx_series *s) {
    for (size_t i = 0, end; i < s->n; i = end + 1) {
        for (end = i; end < s->n && !isnan(s->low[end]) && !isnan(s->high[end]);)
            end++;
        if (end - i < 2) continue;
        sx_str_printf(out, "<path fill='%s' fill-opacity='.15' d='", colour_of(s->colour));
        for (size_t k = i; k < end; k++)
            sx_str_printf(out, "%s%.1f %.1f", k > i ? "L" : "M", px(f, within(s->x[k], &f->p->x)),
                          py(f, within(s->high[k], &f->p->y)));
        for (size_t k = end; k-- > i;)
            sx_str_printf(out, "L%.1f %.1f", px(f, within(s->x[k], &f->p->x)),
                          py(f, within(s->low[k], &f->p->y)));
        sx_str_add(out, "Z'/>");
    }
}

static void put_marks(sx_str *out, const frame *f, const sx_series *s) {
    sx_str_printf(out, "<g fill='%s' stroke='%s'>", colour_of(s->colour), colour_of(s->colour));
    for (size_t i = 0; i < s->n; i++) {
        if (isnan(s->y[i])) continue;
        double x = px(f, within(s->x[i], &f->p->x)), y = py(f, within(s->y[i], &f->p->y));
        if (s->low && !isnan(s->low[i]))
            sx_str_printf(out, "<path d='M%.1f %.1fV%.1f' stroke-width='1.3'/>", x,
                          py(f, within(s->low[i], &f->p->y)), py(f, within(s->high[i], &f->p->y)));
        sx_str_printf(out, "<circle cx='%.1f' cy='%.1f' r='3.4' stroke='#fff' stroke-width='1'/>",
                      x, y);
    }
    sx_str_add(out, "</g>");
}

static void put_line(sx_str *out, const frame *f, const sx_series *s, size_t number) {
    bool open = false;
    sx_str_printf(out,
                  "<path fill='none' stroke='%s' stroke-width='1.9' stroke-linejoin='round'%s d='",
                  colour_of(s->colour), s->dashed ? dashes[1 + number % 3] : "");
    for (size_t i = 0; i < s->n; i++) {
        if (isnan(s->y[i])) {
            open = false;
            continue;
        }
        sx_str_printf(out, "%s%.1f %.1f", open ? "L" : "M", px(f, within(s->x[i], &f->p->x)),
                      py(f, within(s->y[i], &f->p->y)));
        open = true;
    }
    sx_str_add(out, "'/>");
}

static size_t letters(const char *s) {
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* How much of the lines runs through a rectangle: points at every 2 pixels along them. */
static size_t crossings(const frame *f, double x, double y, double w, double h) {
    size_t n = 0;
    for (size_t i = 0; i < f->p->count; i++) {
        const sx_series *s = &f->p->series[i];
        for (size_t k = 0; k < s->n; k++) {
            if (isnan(s->y[k]) || (k && isnan(s->y[k - 1]))) continue;
            double x1 = px(f, within(s->x[k], &f->p->x)), y1 = py(f, within(s->y[k], &f->p->y));
            double x0 = k ? px(f, within(s->x[k - 1], &f->p->x)) : x1;
            double y0 = k ? py(f, within(s->y[k - 1], &f->p->y)) : y1;
            int steps = 1 + (int)(hypot(x1 - x0, y1 - y0) / 2);
            for (int j = 1; j <= steps; j++) {
                double a = x0 + (x1 - x0) * j / steps, b = y0 + (y1 - y0) * j / steps;
                n += a >= x - 4 && a <= x + w + 4 && b >= y - 4 && b <= y + h + 4;
            }
        }
    }
    return n;
}

/* In the corner that hides least. */
static void put_legend(sx_str *out, const frame *f) {
    size_t n = 0, widest = 0;
    for (size_t i = 0; i < f->p->count; i++)
        if (f->p->series[i].name) {
            n++;
            if (letters(f->p->series[i].name) > widest) widest = letters(f->p->series[i].name);
        }
    if (n == 0) return;
    double w = 40 + 6.5 * (double)widest, h = 8 + 18 * (double)n;
    double x = 0, y = 0;
    size_t least = SIZE_MAX;
    for (int corner = 0; corner < 4;
         corner++) { /* lower right, upper right, lower left, upper left */
        double cx = corner < 2 ? f->left + f->width - w - 8 : f->left + 8;
        double cy = corner % 2 ? f->top + 8 : f->top + f->height - h - 8;
        size_t hidden = crossings(f, cx, cy, w, h);
        if (hidden >= least) continue;
        least = hidden;
        x = cx;
        y = cy;
    }
    sx_str_printf(
        out,
        "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' rx='3' fill='#fff' fill-opacity='.88' "
        "stroke='#d6dbe1'/><g font-size='12' fill='#1b1f24'>",
        x, y, w, h);
    size_t k = 0;
    for (size_t i = 0; i < f->p->count; i++) {
        const sx_series *s = &f->p->series[i];
        if (!s->name) continue;
        double at = y + 17 + 18 * (double)k++;
        if (s->points)
            sx_str_printf(out, "<circle cx='%.1f' cy='%.1f' r='3.4' fill='%s'/>", x + 17, at - 4,
                          colour_of(s->colour));
        else
            sx_str_printf(out, "<path d='M%.1f %.1fh20' stroke='%s' stroke-width='2.2'%s/>", x + 7,
                          at - 4, colour_of(s->colour), s->dashed ? dashes[1 + i % 3] : "");
        label(out, x + 33, at, "start", "", s->name);
    }
    sx_str_add(out, "</g>");
}

static void put_open(sx_str *out, double w, double h, const char *title) {
    sx_str_printf(
        out, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' role='img'><title>",
        w, h);
    sx_html_text(out, title);
    sx_str_add(out, "</title>");
}

void sx_plot_curves(sx_str *out, const sx_plot *p) {
    frame f = { p, 56, 12, p->width - 56 - 16, p->height - 12 - 48 };
    put_open(out, p->width, p->height, p->title);
    put_axes(out, &f);
    for (size_t i = 0; i < p->count; i++)
        if (p->series[i].low && !p->series[i].points) put_band(out, &f, &p->series[i]);
    for (size_t i = 0; i < p->count; i++)
        if (p->series[i].points)
            put_marks(out, &f, &p->series[i]);
        else
            put_line(out, &f, &p->series[i], i);
    put_legend(out, &f);
    sx_str_add(out, "</svg>");
}

/* ---- bars ---- */

static void put_bar(sx_str *out, const sx_bars *b, size_t g, size_t r, double left, double wide,
                    double y, double thick) {
    double v = b->value[g * b->rows + r], low = b->low ? b->low[g * b->rows + r] : NAN;
    double high = b->high ? b->high[g * b->rows + r] : NAN,
           end = left + wide * fmin(v / b->most, 1);
    char text[40];
    if (isnan(v)) {
        label(out, left + 6, y + thick / 2 + 4, "start", " font-size='11.5' fill='#8a939c'",
              "no true box");
        return;
    }
    sx_str_printf(
        out, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s' fill-opacity='.78'/>",
        left, y, end - left, thick, colour_of((int)g));
    double text_at = end;
    if (!isnan(low)) {
        double a = left + wide * fmin(low / b->most, 1), c = left + wide * fmin(high / b->most, 1),
               m = y + thick / 2;
        sx_str_printf(out,
                      "<path d='M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6' stroke='#1b1f24' "
                      "stroke-width='1.2'/>",
                      a, m, c, a, m - 3, c, m - 3);
        text_at = fmax(end, c);
    }
    snprintf(text, sizeof text, "%.*f", b->decimals, v * b->scale);
    label(out, text_at + 6, y + thick / 2 + 4, "start", " font-size='11.5' fill='#1b1f24'", text);
}

void sx_plot_bars(sx_str *out, const sx_bars *b) {
    double thick = b->groups > 1 ? 13 : 17, step = thick * (double)b->groups + 13, left = 10,
           right = 52;
    double legend = b->group && b->groups > 1 ? 24 : 0, top = 6 + legend, width = b->width;
    for (size_t r = 0; r < b->rows; r++)
        left = fmax(left, 14 + 6.9 * (double)letters(b->row[r]));
    left = fmin(left, width / 2.6);
    double wide = width - left - right, height = top + step * (double)b->rows + 44;
    put_open(out, width, height, b->title);
    double bottom = top + step * (double)b->rows;
    int parts = 5; /* so many that the numbers below are round */
    for (int n = 6; n >= 3; n--)
        if (fabs(remainder(b->most * b->scale / n, 10)) < 1e-9) parts = n;
    for (int i = 0; i <= parts; i++) {
        double x = left + wide * i / parts;
        char text[40];
        sx_str_printf(out, "<path d='M%.1f %.1fV%.1f' stroke='#e3e7eb'/>", x, top, bottom);
        snprintf(text, sizeof text, "%g", b->most * b->scale * i / parts);
        label(out, x, bottom + 17, "middle", " font-size='12' fill='#47505a'", text);
    }
    for (size_t g = 0; g < b->groups && legend > 0; g++) {
        double x = left;
        for (size_t k = 0; k < g; k++)
            x += 34 + 6.9 * (double)letters(b->group[k]);
        sx_str_printf(out,
                      "<rect x='%.1f' y='4' width='12' height='12' fill='%s' fill-opacity='.78'/>",
                      x, colour_of((int)g));
        label(out, x + 17, 14, "start", " font-size='12' fill='#1b1f24'", b->group[g]);
    }
    for (size_t r = 0; r < b->rows; r++) {
        double y = top + step * (double)r + 6;
        label(out, left - 8, y + thick * (double)b->groups / 2 + 4, "end",
              " font-size='12.5' fill='#1b1f24'", b->row[r]);
        for (size_t g = 0; g < b->groups; g++)
            put_bar(out, b, g, r, left, wide, y + thick * (double)g,
                    thick - (b->groups > 1 ? 1.5 : 0));
    }
    sx_str_printf(out, "<path d='M%.1f %.1fV%.1fH%.1f' stroke='#1b1f24' fill='none'/>", left, top,
                  bottom, left + wide);
    label(out, left + wide / 2, bottom + 36, "middle", " font-size='13' fill='#1b1f24'", b->label);
    sx_str_add(out, "</svg>");
}
