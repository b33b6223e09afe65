#include "nn/product.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A product of few rows is cut into columns, because each piece reads all of its part of B. */
enum { PIECE = 64, ROWS_TO_CUT = 256 };
/* Waking the other threads takes about as long as so many operations. */
static const double flops_worth_sharing = 1 << 20;

/* Each thread has primitives of its own, since a primitive holds the addresses that it works on. */
typedef struct lane {
    sx_prim *block, *rest; /* rest: the last rows or columns; NULL: there are none */
} lane;

struct sx_product {
    sx_prim *whole;
    sx_matmul_desc desc;
    int threads;
    lane *lanes;                   /* [threads]; NULL: `whole` does the work */
    int64_t rows, columns, pieces; /* of a piece; pieces: in all */
    size_t lane_scratch;
};

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void divide(sx_product *p) {
    const sx_matmul_desc *d = &p->desc;
    p->rows = d->m;
    p->columns = d->n;
    if (d->batch == 1 && d->m >= ROWS_TO_CUT)
        p->rows = PIECE;
    else if (d->batch == 1)
        p->columns = smaller(PIECE, d->n);
    p->pieces =
        d->batch * ((d->m + p->rows - 1) / p->rows) * ((d->n + p->columns - 1) / p->columns);
}

static sx_prim *prim_of(const sx_product *p, int64_t rows, int64_t columns, sx_error *err) {
    sx_matmul_desc d = p->desc;
    d.batch = 1;
    d.m = rows;
    d.n = columns;
    return sx_prim_matmul(&d, err);
}

static bool make_lane(sx_product *p, lane *l, sx_error *err) {
    const int64_t rows = p->desc.m % p->rows, columns = p->desc.n % p->columns;
    l->block = prim_of(p, p->rows, p->columns, err);
    if (!l->block) return false;
    p->lane_scratch = sx_prim_scratch(l->block);
    if (rows || columns) {
        l->rest = prim_of(p, rows ? rows : p->rows, columns ? columns : p->columns, err);
        if (!l->rest) return false;
        if (sx_prim_scratch(l->rest) > p->lane_scratch) p->lane_scratch = sx_prim_scratch(l->rest);
    }
    p->lane_scratch = (p->lane_scratch + 63) / 64 * 64;
    return true;
}

/* A primitive runs on as many threads as there are when it is made. */
static bool make_lanes(sx_product *p, sx_error *err) {
    const int before = omp_get_max_threads();
    if (p->threads > p->pieces) p->threads = (int)p->pieces;
    p->lanes = sx_calloc_for((size_t)p->threads, sizeof *p->lanes, "a matrix product", err);
    if (!p->lanes) return false;
    bool ok = true;
    omp_set_num_threads(1);
    for (int i = 0; ok && i < p->threads; i++)
        ok = make_lane(p, &p->lanes[i], err);
    omp_set_num_threads(before);
    return ok;
}

/* The pieces take their columns of B from a plain matrix [n][k]: each of its rows is one column,
 * and 64 of them lie together. */
static bool cut(sx_product *p, sx_error *err) {
    sx_matmul_desc *d = &p->desc;
    if (d->pack_b) {
        d->pack_b = false;
        d->b_stride[0] = d->k * d->n;
        d->b_stride[1] = 1;
        d->b_stride[2] = d->k;
        sx_prim_free(p->whole);
        p->whole = sx_prim_matmul(d, err);
        if (!p->whole) return false;
    }
    divide(p);
    return make_lanes(p, err);
}

sx_product *sx_product_new(const sx_matmul_desc *d, int threads, sx_error *err) {
    sx_product *p = sx_calloc_for(1, sizeof *p, "a matrix product", err);
    if (!p) return NULL;
    p->desc = *d;
    p->threads = threads;
    p->whole = sx_prim_matmul(d, err);
    if (p->whole && (!strstr(sx_prim_kernel(p->whole), "gemm:") || cut(p, err))) return p;
    sx_product_free(p);
    return NULL;
}

void sx_product_free(sx_product *p) {
    if (!p) return;
    for (int i = 0; p->lanes && i < p->threads; i++) {
        sx_prim_free(p->lanes[i].block);
        sx_prim_free(p->lanes[i].rest);
    }
    free(p->lanes);
    sx_prim_free(p->whole);
    free(p);
}

const sx_prim *sx_product_prim(const sx_product *p) {
    return p->whole;
}

size_t sx_product_scratch(const sx_product *p) {
    return p->lanes ? p->lane_scratch * (size_t)p->threads : sx_prim_scratch(p->whole);
}

static const void *moved(const void *data, sx_dtype t, int64_t numbers) {
    return data ? (const char *)data + numbers * (int64_t)sx_dtype_size(t) : NULL;
}

static bool run_piece(const sx_product *p, int thread, int64_t piece, const sx_prim_args *a,
                      sx_error *err) {
    const sx_matmul_desc *d = &p->desc;
    const int64_t down = (d->m + p->rows - 1) / p->rows, across = p->pieces / d->batch / down;
    const int64_t batch = piece / (down * across), row = piece / across % down * p->rows,
                  column = piece % across * p->columns;
    const lane *l = &p->lanes[thread];
    const bool whole = row + p->rows <= d->m && column + p->columns <= d->n;
    const int64_t at = batch * d->c_stride[0] + row * d->c_stride[1] + column * d->c_stride[2];
    const sx_prim_args args = {
        .src = moved(a->src, d->a_dtype, batch * d->a_stride[0] + row * d->a_stride[1]),
        .weights = moved(a->weights, d->b_dtype, batch * d->b_stride[0] + column * d->b_stride[2]),
        .bias = moved(a->bias, SX_F32, column),
        .dst = (char *)a->dst + at * (int64_t)sx_dtype_size(d->c_dtype),
        .scratch = (char *)a->scratch + (size_t)thread * p->lane_scratch,
    };
    return sx_prim_run(whole ? l->block : l->rest, &args, err);
}

bool sx_product_run(sx_product *p, const sx_prim_args *a, sx_error *err) {
    if (!p->lanes) return sx_prim_run(p->whole, a, err);
    const sx_matmul_desc *d = &p->desc;
    const double flops = 2.0 * (double)(d->batch * d->m) * (double)d->n * (double)d->k;
    const int threads = flops < flops_worth_sharing || omp_in_parallel() ? 1 : p->threads;
    const int before = omp_get_max_threads();
    bool ok = true;
    omp_set_num_threads(1); /* for oneDNN, in each thread */
#pragma omp parallel for schedule(static, 1) num_threads(threads) if (threads > 1)
    for (int t = 0; t < threads; t++) {
        sx_error own = { 0 };
        bool done = true;
        for (int64_t i = t; done && i < p->pieces; i += threads)
            done = run_piece(p, t, i, a, &own);
        if (done) continue;
#pragma omp critical(sx_product_failed)
        {
            if (ok && err) *err = own;
            ok = false;
        }
    }
    omp_set_num_threads(before);
    return ok;
}
