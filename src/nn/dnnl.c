#include "nn/dnnl.h"

#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "base/rng.h"
#include "nn/dnnl_calls.h"

enum { SRC, WEIGHTS, BIAS, DST, SCRATCH, MEMS };

struct sx_prim {
    sx_prim_kind kind;
    dnnl_primitive_desc_t pd;
    dnnl_primitive_t prim;
    dnnl_memory_t mem[MEMS];
    void *handle[MEMS];
    dnnl_exec_arg_t args[MEMS];
    int arg_count;
    dnnl_memory_desc_t source_md; /* of the weights in the checkpoint's layout */
    const dnnl_memory_desc_t *weights_md;
    char layout[24];
};

/* Made by the first primitive; after a failure the next one tries again. */
static dnnl_engine_t engine;
static dnnl_stream_t stream;
static bool started;
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;

static dnnl_status_t start(void) {
    const sx_cpu *cpu = sx_cpu_get();
    if (!cpu->avx2)
        dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41);
    else if (!cpu->avx512)
        dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2);
    else if (!cpu->avx512_bf16)
        dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core);
    else if (!cpu->amx_bf16)
        dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core_bf16);
    dnnl_status_t s = engine ? dnnl_success : sx_dnnl_engine(&engine);
    if (s == dnnl_success) s = sx_dnnl_stream(&stream, engine);
    started = s == dnnl_success;
    return s;
}

static dnnl_status_t start_once(void) {
    pthread_mutex_lock(&start_lock);
    const dnnl_status_t s = started ? dnnl_success : start();
    pthread_mutex_unlock(&start_lock);
    return s;
}

static dnnl_data_type_t type_of(sx_dtype t) {
    return t == SX_BF16 ? dnnl_bf16 : dnnl_f32;
}

static bool check(dnnl_status_t s, const char *what, sx_error *err) {
    if (s == dnnl_success) return true;
    sx_error_code code = s == dnnl_out_of_memory   ? SX_ERR_MEMORY
                         : s == dnnl_unimplemented ? SX_ERR_UNSUPPORTED
                                                   : SX_ERR_INTERNAL;
    if (code == SX_ERR_MEMORY) return sx_fail(err, code, "oneDNN: %s: out of memory", what);
    return sx_fail(err, code, "oneDNN: %s: status %d", what, (int)s);
}

/* oneDNN's ReLU is max(x, 0), which turns NaN into 0; with a slope for negative numbers it keeps
 * NaN. Twice with this slope, every negative number of a network (above -1e14) underflows to -0. */
static const float relu_slope = 1e-30F;

static bool append_act(dnnl_post_ops_t ops, sx_act act, sx_error *err) {
    const dnnl_alg_kind_t alg = act == SX_ACT_RELU    ? dnnl_eltwise_relu
                                : act == SX_ACT_SWISH ? dnnl_eltwise_swish
                                : act == SX_ACT_GELU  ? dnnl_eltwise_gelu_erf
                                                      : dnnl_eltwise_logistic;
    const float alpha = act == SX_ACT_RELU ? relu_slope : act == SX_ACT_SWISH ? 1.0F : 0.0F;
    const int times = act == SX_ACT_NONE ? 0 : act == SX_ACT_RELU ? 2 : 1;
    for (int i = 0; i < times; i++)
        if (!check(sx_dnnl_append_eltwise(ops, alg, alpha), "activation", err)) return false;
    return true;
}

static bool make_attr(dnnl_primitive_attr_t *attr, bool sum, sx_act act, sx_error *err) {
    dnnl_post_ops_t ops = NULL;
    bool ok = check(sx_dnnl_attr(attr), "attributes", err);
    if (!ok) return false;
    ok = check(dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user),
               "scratchpad mode", err) &&
         check(sx_dnnl_post_ops(&ops), "post-ops", err);
    if (ok && sum) ok = check(sx_dnnl_append_sum(ops), "sum", err);
    ok = ok && append_act(ops, act, err);
    if (ok) ok = check(sx_dnnl_attr_set_post_ops(*attr, ops), "post-ops", err);
    if (ops) dnnl_post_ops_destroy(ops);
    return ok;
}

static bool add_memory(sx_prim *p, int slot, int arg, const dnnl_memory_desc_t *md, sx_error *err) {
    if (!check(sx_dnnl_memory(&p->mem[slot], md, engine, DNNL_MEMORY_NONE), "memory", err))
        return false;
    p->args[p->arg_count++] = (dnnl_exec_arg_t){ .arg = arg, .memory = p->mem[slot] };
    return true;
}

/* Creates the primitive and its memory objects; only the addresses are missing. */
static bool create_primitive(sx_prim *p, const_dnnl_op_desc_t desc, dnnl_primitive_attr_t attr,
                             dnnl_primitive_desc_t hint, bool bias, sx_error *err) {
    static const struct {
        dnnl_query_t src, weights, dst;
        int src_arg, weights_arg, bias_arg, dst_arg;
    } roles[] = {
        { dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md, DNNL_ARG_SRC,
          DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST },
        { dnnl_query_diff_src_md, dnnl_query_weights_md, dnnl_query_diff_dst_md, DNNL_ARG_DIFF_SRC,
          DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DIFF_DST },
        { dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md, DNNL_ARG_SRC,
          DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS, DNNL_ARG_DIFF_DST },
    };
    if (!check(sx_dnnl_primitive_desc(&p->pd, desc, attr, engine, hint), "no kernel for this shape",
               err))
        return false;
    if (!check(sx_dnnl_primitive(&p->prim, p->pd), "primitive", err)) return false;
    p->weights_md = dnnl_primitive_desc_query_md(p->pd, roles[p->kind].weights, 0);
    bool ok = add_memory(p, SRC, roles[p->kind].src_arg,
                         dnnl_primitive_desc_query_md(p->pd, roles[p->kind].src, 0), err) &&
              add_memory(p, WEIGHTS, roles[p->kind].weights_arg, p->weights_md, err) &&
              add_memory(p, DST, roles[p->kind].dst_arg,
                         dnnl_primitive_desc_query_md(p->pd, roles[p->kind].dst, 0), err) &&
              add_memory(p, SCRATCH, DNNL_ARG_SCRATCHPAD,
                         dnnl_primitive_desc_query_md(p->pd, dnnl_query_scratchpad_md, 0), err);
    if (ok && bias) {
        dnnl_query_t q = p->kind == SX_PRIM_BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md
                                                             : dnnl_query_weights_md;
        ok = add_memory(p, BIAS, roles[p->kind].bias_arg, dnnl_primitive_desc_query_md(p->pd, q, 1),
                        err);
    }
    if (ok)
        snprintf(p->layout, sizeof p->layout, "%016llx",
                 (unsigned long long)sx_fnv1a(p->weights_md, sizeof *p->weights_md));
    return ok;
}

static sx_prim *new_primitive(sx_prim_kind kind, sx_error *err) {
    if (!check(start_once(), "engine", err)) return NULL;
    sx_prim *p = sx_calloc_for(1, sizeof *p, "primitive", err);
    if (p) p->kind = kind;
    return p;
}

static bool conv_desc(const sx_conv_desc *d, dnnl_convolution_desc_t *cd, sx_prim *p,
                      sx_error *err) {
    int g = d->groups > 1 ? d->groups : 1;
    dnnl_dims_t src = { d->src.n, d->src.c, d->src.h, d->src.w },
                dst = { d->dst.n, d->dst.c, d->dst.h, d->dst.w };
    dnnl_dims_t plain = { d->dst.c, d->src.c, d->kernel, d->kernel };
    dnnl_dims_t grouped = { g, d->dst.c / g, d->src.c / g, d->kernel, d->kernel };
    dnnl_dims_t bias = { d->dst.c };
    dnnl_dims_t strides = { d->stride, d->stride }, pad = { d->pad, d->pad },
                pad_end = { d->pad_end, d->pad_end };
    dnnl_memory_desc_t smd, wmd, bmd, dmd;
    int wdims = g > 1 ? 5 : 4;
    const dnnl_dim_t *w = g > 1 ? grouped : plain;
    dnnl_memory_desc_init_by_tag(&smd, 4, src, type_of(d->src_dtype), dnnl_nhwc);
    dnnl_memory_desc_init_by_tag(&dmd, 4, dst, type_of(d->dst_dtype), dnnl_nhwc);
    dnnl_memory_desc_init_by_tag(&wmd, wdims, w, type_of(d->weight_dtype), dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&bmd, 1, bias, dnnl_f32, dnnl_a);
    dnnl_memory_desc_init_by_tag(&p->source_md, wdims, w, dnnl_f32, g > 1 ? dnnl_abcde : dnnl_abcd);
    const dnnl_memory_desc_t *b = d->bias ? &bmd : NULL;
    dnnl_prop_kind_t prop = d->inference ? dnnl_forward_inference : dnnl_forward_training;
    dnnl_alg_kind_t alg = dnnl_convolution_direct;
    dnnl_status_t s;
    if (d->kind == SX_PRIM_BACKWARD_DATA)
        s = dnnl_convolution_backward_data_desc_init(cd, alg, &smd, &wmd, &dmd, strides, pad,
                                                     pad_end);
    else if (d->kind == SX_PRIM_BACKWARD_WEIGHTS)
        s = dnnl_convolution_backward_weights_desc_init(cd, alg, &smd, &wmd, b, &dmd, strides, pad,
                                                        pad_end);
    else
        s = dnnl_convolution_forward_desc_init(cd, prop, alg, &smd, &wmd, b, &dmd, strides, pad,
                                               pad_end);
    return check(s, "convolution", err);
}

sx_prim *sx_prim_conv(const sx_conv_desc *d, sx_error *err) {
    sx_prim *p = new_primitive(d->kind, err);
    if (!p) return NULL;
    dnnl_convolution_desc_t cd, hint_cd;
    dnnl_primitive_attr_t attr = NULL, plain = NULL;
    dnnl_primitive_desc_t hint = NULL;
    bool forward = d->kind == SX_PRIM_FORWARD;
    bool ok = conv_desc(d, &cd, p, err) &&
              make_attr(&attr, forward && d->add_dst, forward ? d->act : SX_ACT_NONE, err);
    if (ok && !forward) {
        sx_conv_desc f = *d;
        f.kind = SX_PRIM_FORWARD;
        f.inference = false;
        if (d->src_dtype == SX_BF16) f.dst_dtype = SX_BF16, f.weight_dtype = SX_BF16;
        ok = conv_desc(&f, &hint_cd, p, err) && make_attr(&plain, false, SX_ACT_NONE, err) &&
             check(sx_dnnl_primitive_desc(&hint, &hint_cd, plain, engine, NULL), "forward hint",
                   err);
    }
    ok = ok &&
         create_primitive(p, &cd, attr, hint, d->bias && d->kind != SX_PRIM_BACKWARD_DATA, err);
    if (attr) dnnl_primitive_attr_destroy(attr);
    if (plain) dnnl_primitive_attr_destroy(plain);
    if (hint) dnnl_primitive_desc_destroy(hint);
    if (ok) return p;
    sx_prim_free(p);
    return NULL;
}

sx_prim *sx_prim_matmul(const sx_matmul_desc *d, sx_error *err) {
    sx_prim *p = new_primitive(SX_PRIM_FORWARD, err);
    if (!p) return NULL;
    /* a product without a batch is two-dimensional: more kernels support that */
    int nd = d->batch > 1 ? 3 : 2, o = 3 - nd;
    dnnl_dims_t a = { d->batch, d->m, d->k }, b = { d->batch, d->k, d->n },
                c = { d->batch, d->m, d->n };
    dnnl_dims_t bias = { 1, 1, d->n }, bias_strides = { d->n, d->n, 1 };
    dnnl_dims_t as, bs, cs;
    for (int i = 0; i < 3; i++)
        as[i] = d->a_stride[i], bs[i] = d->b_stride[i], cs[i] = d->c_stride[i];
    dnnl_memory_desc_t amd, bmd, cmd, biasmd;
    dnnl_memory_desc_init_by_strides(&amd, nd, a + o, type_of(d->a_dtype), as + o);
    dnnl_memory_desc_init_by_strides(&cmd, nd, c + o, type_of(d->c_dtype), cs + o);
    dnnl_memory_desc_init_by_strides(&biasmd, nd, bias + o, dnnl_f32, bias_strides + o);
    dnnl_dims_t oi = { d->n * d->k, 1, d->k };
    dnnl_memory_desc_init_by_strides(&p->source_md, nd, b + o, dnnl_f32, oi + o);
    if (d->pack_b)
        dnnl_memory_desc_init_by_tag(&bmd, nd, b + o, type_of(d->b_dtype), dnnl_format_tag_any);
    else
        dnnl_memory_desc_init_by_strides(&bmd, nd, b + o, type_of(d->b_dtype), bs + o);
    dnnl_matmul_desc_t md;
    dnnl_primitive_attr_t attr = NULL;
    bool ok = check(dnnl_matmul_desc_init(&md, &amd, &bmd, d->bias ? &biasmd : NULL, &cmd),
                    "product", err) &&
              make_attr(&attr, d->add_c, d->act, err) &&
              create_primitive(p, &md, attr, NULL, d->bias, err);
    if (attr) dnnl_primitive_attr_destroy(attr);
    if (ok) return p;
    sx_prim_free(p);
    return NULL;
}

void sx_prim_free(sx_prim *p) {
    if (!p) return;
    for (int i = 0; i < MEMS; i++)
        if (p->mem[i]) dnnl_memory_destroy(p->mem[i]);
    if (p->prim) dnnl_primitive_destroy(p->prim);
    if (p->pd) dnnl_primitive_desc_destroy(p->pd);
    free(p);
}

const char *sx_prim_kernel(const sx_prim *p) {
    const char *name = "";
    dnnl_primitive_desc_query(p->pd, dnnl_query_impl_info_str, 0, &name);
    return name;
}

size_t sx_prim_scratch(const sx_prim *p) {
    return dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(p->pd, dnnl_query_scratchpad_md, 0));
}

size_t sx_prim_weight_bytes(const sx_prim *p) {
    return dnnl_memory_desc_get_size(p->weights_md);
}

const char *sx_prim_weight_layout(const sx_prim *p) {
    return p->layout;
}

static bool reorder(const dnnl_memory_desc_t *from_md, void *from, const dnnl_memory_desc_t *to_md,
                    void *to, sx_error *err) {
    dnnl_memory_t a = NULL, b = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t r = NULL;
    bool ok = check(sx_dnnl_memory(&a, from_md, engine, from), "memory", err) &&
              check(sx_dnnl_memory(&b, to_md, engine, to), "memory", err) &&
              check(sx_dnnl_reorder_desc(&pd, from_md, to_md, engine), "reorder", err) &&
              check(sx_dnnl_primitive(&r, pd), "reorder", err);
    if (ok) {
        dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, a }, { DNNL_ARG_TO, b } };
        ok = check(sx_dnnl_execute(r, stream, 2, args), "reorder", err);
    }
    if (r) dnnl_primitive_destroy(r);
    if (pd) dnnl_primitive_desc_destroy(pd);
    if (a) dnnl_memory_destroy(a);
    if (b) dnnl_memory_destroy(b);
    return ok;
}

bool sx_prim_pack(const sx_prim *p, const float *weights, void *packed, sx_error *err) {
    return reorder(&p->source_md, (void *)(uintptr_t)weights, p->weights_md, packed, err);
}

bool sx_prim_unpack(const sx_prim *p, const void *packed, float *weights, sx_error *err) {
    return reorder(p->weights_md, (void *)(uintptr_t)packed, &p->source_md, weights, err);
}

/* Setting a handle may clear padding, so it is set only if the address has changed. */
static bool set_handle(sx_prim *p, int slot, const void *data, sx_error *err) {
    void *d = (void *)(uintptr_t)data;
    if (!p->mem[slot] || p->handle[slot] == d) return true;
    p->handle[slot] = NULL;
    if (!check(sx_dnnl_set_data(p->mem[slot], d), "memory", err)) return false;
    p->handle[slot] = d;
    return true;
}

/* The first run of an AMX kernel makes machine code that oneDNN calls whether it could be made or
 * not (amx_tile_release). It therefore needs memory to spare. */
static bool execute(sx_prim *p, sx_error *err) {
    static atomic_bool made;
    const char *name = sx_prim_kernel(p);
    const bool first = !atomic_load(&made) && strstr(name, "amx") != NULL;
    if (first && !sx_memory_to_spare((size_t)16 << 20))
        return sx_fail(err, SX_ERR_MEMORY, "oneDNN: %s: out of memory", name);
    if (!check(sx_dnnl_execute(p->prim, stream, p->arg_count, p->args), name, err)) return false;
    if (first) atomic_store(&made, true);
    return true;
}

bool sx_prim_run(sx_prim *p, const sx_prim_args *a, sx_error *err) {
    return set_handle(p, SRC, a->src, err) && set_handle(p, WEIGHTS, a->weights, err) &&
           set_handle(p, BIAS, a->bias, err) && set_handle(p, DST, a->dst, err) &&
           set_handle(p, SCRATCH, a->scratch, err) && execute(p, err);
}
