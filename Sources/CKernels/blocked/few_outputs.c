#include "../internal.h"

struct few_job {
  struct floe_few s;
  const float *in, *weight, *bias, *gradient;
  float *out;
};

typedef void (*few_phase)(void *job, int thread, int threads);
struct few_code {
  few_phase forward, input, weight;
};

#define BODY "few_outputs.h"
#include "both_widths.h"

int floe_few_exists(struct floe_few s) {
  return CODE_FOR(s.block) && (s.kernel == 1 || s.kernel == 3) && s.images > 0 && s.blocks > 0 &&
         s.outputs > 0 && s.height > 0 && s.width > 0;
}

void floe_few_forward(float *out, const float *in, const float *weight, const float *bias,
                      struct floe_few s) {
  struct few_job job = {s, in, weight, bias, 0, out};
  floe_parallel(CODE_FOR(s.block)->forward, &job);
}

void floe_few_input_gradient(float *in_gradient, const float *gradient, const float *weight,
                             struct floe_few s) {
  struct few_job job = {s, 0, weight, 0, gradient, in_gradient};
  floe_parallel(CODE_FOR(s.block)->input, &job);
}

void floe_few_weight_gradient(float *row_sums, const float *in, const float *gradient,
                              struct floe_few s) {
  struct few_job job = {s, in, 0, 0, gradient, row_sums};
  floe_parallel(CODE_FOR(s.block)->weight, &job);
}
