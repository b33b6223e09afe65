#include "nn/dnnl_calls.h"

#include <cstdlib>
#include <new>

#include "base/mem.h"

namespace {

template <typename F> dnnl_status_t guarded(F call) noexcept {
    try {
        return call();
    } catch (const std::bad_alloc &) {
        return dnnl_out_of_memory;
    } catch (...) {
        return dnnl_runtime_error;
    }
}

// oneDNN makes machine code without checking that it got memory for it, and several threads make
// primitives at a time. 96 KB are allocated from the thread's heap, where freed memory is reused.
template <typename F> dnnl_status_t made(F call) noexcept {
    void *spare = NULL;
    if (!sx_memory_to_spare(static_cast<size_t>(16) << 20)) return dnnl_out_of_memory;
    if (posix_memalign(&spare, 64, 96 * 1024) != 0) return dnnl_out_of_memory;
    std::free(spare);
    return guarded(call);
}

} // namespace

extern "C" {

dnnl_status_t sx_dnnl_engine(dnnl_engine_t *out) {
    return made([&] { return dnnl_engine_create(out, dnnl_cpu, 0); });
}

dnnl_status_t sx_dnnl_stream(dnnl_stream_t *out, dnnl_engine_t engine) {
    return made([&] { return dnnl_stream_create(out, engine, dnnl_stream_default_flags); });
}

dnnl_status_t sx_dnnl_attr(dnnl_primitive_attr_t *out) {
    return made([&] { return dnnl_primitive_attr_create(out); });
}

dnnl_status_t sx_dnnl_attr_set_post_ops(dnnl_primitive_attr_t attr, const_dnnl_post_ops_t ops) {
    return guarded([&] { return dnnl_primitive_attr_set_post_ops(attr, ops); });
}

dnnl_status_t sx_dnnl_post_ops(dnnl_post_ops_t *out) {
    return made([&] { return dnnl_post_ops_create(out); });
}

dnnl_status_t sx_dnnl_append_sum(dnnl_post_ops_t ops) {
    return guarded([&] { return dnnl_post_ops_append_sum(ops, 1.0F); });
}

dnnl_status_t sx_dnnl_append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha) {
    return guarded([&] { return dnnl_post_ops_append_eltwise(ops, 1.0F, kind, alpha, 0.0F); });
}

dnnl_status_t sx_dnnl_primitive_desc(dnnl_primitive_desc_t *out, const_dnnl_op_desc_t desc,
                                     const_dnnl_primitive_attr_t attr, dnnl_engine_t engine,
                                     const_dnnl_primitive_desc_t hint) {
    return made([&] { return dnnl_primitive_desc_create(out, desc, attr, engine, hint); });
}

dnnl_status_t sx_dnnl_reorder_desc(dnnl_primitive_desc_t *out, const dnnl_memory_desc_t *from,
                                   const dnnl_memory_desc_t *to, dnnl_engine_t engine) {
    return made(
        [&] { return dnnl_reorder_primitive_desc_create(out, from, engine, to, engine, NULL); });
}

// A kernel that gets no memory for its code is written to address 0 (oneDNN 2.6). Several threads
// create primitives at once; a kernel has some 100 KB of code.
dnnl_status_t sx_dnnl_primitive(dnnl_primitive_t *out, const_dnnl_primitive_desc_t desc) {
    if (!sx_memory_to_spare(static_cast<std::size_t>(4) << 20)) return dnnl_out_of_memory;
    return made([&] { return dnnl_primitive_create(out, desc); });
}

dnnl_status_t sx_dnnl_memory(dnnl_memory_t *out, const dnnl_memory_desc_t *desc,
                             dnnl_engine_t engine, void *data) {
    return made([&] { return dnnl_memory_create(out, desc, engine, data); });
}

dnnl_status_t sx_dnnl_set_data(dnnl_memory_t memory, void *data) {
    return guarded([&] { return dnnl_memory_set_data_handle(memory, data); });
}

dnnl_status_t sx_dnnl_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream, int count,
                              const dnnl_exec_arg_t *args) {
    return guarded([&] { return dnnl_primitive_execute(primitive, stream, count, args); });
}
}
