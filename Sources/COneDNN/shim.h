#ifndef FLOE_CONEDNN_SHIM_H
#define FLOE_CONEDNN_SHIM_H
#include <oneapi/dnnl/dnnl.h>

// C arrays inside structs reach Swift as tuples; these hand them over as pointers.
static inline const dnnl_dim_t *floe_dnnl_dims(const dnnl_memory_desc_t *md) { return md->dims; }
static inline const dnnl_dim_t *floe_dnnl_padded_dims(const dnnl_memory_desc_t *md) {
  return md->padded_dims;
}
static inline dnnl_memory_t floe_dnnl_memory(const dnnl_memory_desc_t *md, dnnl_engine_t engine,
                                             void *handle) {
  dnnl_memory_t memory = 0;
  return dnnl_memory_create(&memory, md, engine, handle) == dnnl_success ? memory : 0;
}
#endif
