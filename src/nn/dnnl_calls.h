/* The calls of oneDNN that allocate, as functions that never throw: its C interface does not catch
 * std::bad_alloc, which must not pass through C. Bridge: dnnl_calls.cc.
 *
 * oneDNN 2.6 also writes to its own objects without checking that they were allocated. A call that
 * makes one therefore needs some spare memory first and is dnnl_out_of_memory without it. */
#ifndef SX_NN_DNNL_CALLS_H
#define SX_NN_DNNL_CALLS_H

#include <oneapi/dnnl/dnnl.h>

#ifdef __cplusplus
extern "C" {
#endif

dnnl_status_t sx_dnnl_engine(dnnl_engine_t *out);
dnnl_status_t sx_dnnl_stream(dnnl_stream_t *out, dnnl_engine_t engine);
dnnl_status_t sx_dnnl_attr(dnnl_primitive_attr_t *out);
dnnl_status_t sx_dnnl_attr_set_post_ops(dnnl_primitive_attr_t attr, const_dnnl_post_ops_t ops);
dnnl_status_t sx_dnnl_post_ops(dnnl_post_ops_t *out);
dnnl_status_t sx_dnnl_append_sum(dnnl_post_ops_t ops);
dnnl_status_t sx_dnnl_append_eltwise(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha);
dnnl_status_t sx_dnnl_primitive_desc(dnnl_primitive_desc_t *out, const_dnnl_op_desc_t desc,
                                     const_dnnl_primitive_attr_t attr, dnnl_engine_t engine,
                                     const_dnnl_primitive_desc_t hint);
dnnl_status_t sx_dnnl_reorder_desc(dnnl_primitive_desc_t *out, const dnnl_memory_desc_t *from,
                                   const dnnl_memory_desc_t *to, dnnl_engine_t engine);
dnnl_status_t sx_dnnl_primitive(dnnl_primitive_t *out, const_dnnl_primitive_desc_t desc);
dnnl_status_t sx_dnnl_memory(dnnl_memory_t *out, const dnnl_memory_desc_t *desc,
                             dnnl_engine_t engine, void *data);
dnnl_status_t sx_dnnl_set_data(dnnl_memory_t memory, void *data);
dnnl_status_t sx_dnnl_execute(const_dnnl_primitive_t primitive, dnnl_stream_t stream, int count,
                              const dnnl_exec_arg_t *args);

#ifdef __cplusplus
}
#endif
#endif
