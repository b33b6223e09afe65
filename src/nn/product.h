/* A matrix product on the threads of a plan, with the same result on any number of them. */
#ifndef SX_NN_PRODUCT_H
#define SX_NN_PRODUCT_H

#include "nn/dnnl.h"

typedef struct sx_product sx_product;

/* oneDNN's kernel for AVX-512 sums in one order. Its others ("gemm") split the sums among the
 * threads; there the product is cut into pieces by its shape, and each is computed by one thread.
 * Errors: as sx_prim_matmul. */
sx_product *sx_product_new(const sx_matmul_desc *d, int threads, sx_error *err) SX_MUST_USE;
void sx_product_free(sx_product *p); /* may be NULL */

/* For the layout of the weights and the kernel's name. Valid as long as the product. */
const sx_prim *sx_product_prim(const sx_product *p);
/* Bytes that sx_product_run needs. */
size_t sx_product_scratch(const sx_product *p);

/* Errors: as sx_prim_run. */
bool sx_product_run(sx_product *p, const sx_prim_args *a, sx_error *err) SX_MUST_USE;

#endif
