#ifndef FLOE_COPENBLAS_SHIM_H
#define FLOE_COPENBLAS_SHIM_H
#include <cblas.h>

// The library is loaded by name at run time, after its kernel has been chosen: linking it would
// load it first.
typedef void (*floe_sgemm_function)(enum CBLAS_ORDER, enum CBLAS_TRANSPOSE, enum CBLAS_TRANSPOSE,
                                    blasint, blasint, blasint, float, const float *, blasint,
                                    const float *, blasint, float, float *, blasint);
typedef char *(*floe_corename_function)(void);
typedef void (*floe_set_threads_function)(int);
#endif
