#ifndef FLOE_CKERNELS_INTERNAL_H
#define FLOE_CKERNELS_INTERNAL_H
#include "CKernels.h"

#if defined(__x86_64__)
#define FLOE_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FLOE_CLONES
#endif

struct range {
  size_t begin, end;
};

// The share of `thread`, cut at multiples of `grain`.
static inline struct range share(size_t count, size_t grain, int thread, int threads) {
  size_t pieces = (count + grain - 1) / grain;
  size_t begin = pieces * (size_t)thread / (size_t)threads * grain;
  size_t end = pieces * ((size_t)thread + 1) / (size_t)threads * grain;
  struct range r = {begin < count ? begin : count, end < count ? end : count};
  return r;
}

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
#endif
