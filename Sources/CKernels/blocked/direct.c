// Direct convolution of our own for what Winograd does not take: 1x1 kernels, and kernels that skip
// pixels. Forward; and the input gradient of a 1x1 kernel that skips none, which is a convolution too.
#include "../internal.h"

struct direct_job {
  struct floe_direct s;
  const float *in, *weight, *bias, *residual;
  float *out, *packed;
  int transposed, relu;
  size_t run; // outputs that are worked on together
  float *own; // gathered pixels of one thread, `own_count` floats for each
  size_t own_count;
};

typedef void (*direct_phase)(void *job, int thread, int threads);
struct direct_code {
  direct_phase pack, convolve;
};

#define BODY "direct.h"
#include "both_widths.h"

int floe_direct_exists(struct floe_direct s) {
  return CODE_FOR(s.block) && s.inputs > 0 && s.outputs > 0 && s.inputs % s.block == 0 &&
         s.outputs % s.block == 0 && s.images > 0 && s.out_height > 0 && s.out_width > 0;
}

size_t floe_direct_weight_count(struct floe_direct s) {
  return s.inputs * s.outputs * s.kernel * s.kernel;
}

void floe_direct_pack(float *packed, const float *weight, int transposed, struct floe_direct s) {
  struct direct_job job = {.s = s, .weight = weight, .packed = packed, .transposed = transposed};
  floe_parallel(CODE_FOR(s.block)->pack, &job);
}

// Outputs that are gathered together: what they read fills a third of a core's cache, beside the
// weights of a panel; many enough that these are not fetched for a few pixels.
static size_t run_length(struct floe_direct s) {
  size_t rows = s.block == 16 ? 14 : 6;
  size_t depth = s.inputs * s.kernel * s.kernel;
  size_t runs = (384 << 10) / (depth * sizeof(float) * rows);
  return rows * (runs < 2 ? 2 : runs > 12 ? 12 : runs);
}
static size_t own_count(struct floe_direct s) {
  return run_length(s) * s.inputs * s.kernel * s.kernel + 16;
}

size_t floe_direct_scratch(struct floe_direct s, int threads) {
  return own_count(s) * (size_t)threads;
}

void floe_direct_forward(float *out, const float *in, const float *packed, const float *bias,
                         const float *residual, int relu, struct floe_direct s, float *scratch) {
  struct direct_job job = {.s = s,
                           .in = in,
                           .out = out,
                           .packed = (float *)packed,
                           .bias = bias,
                           .residual = residual,
                           .relu = relu,
                           .run = run_length(s),
                           .own = scratch,
                           .own_count = own_count(s)};
  floe_parallel(CODE_FOR(s.block)->convolve, &job);
}
