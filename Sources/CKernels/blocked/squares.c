#include "../internal.h"

struct squares_job {
  struct floe_squares s;
  float *coarse, *fine;
  const float *weight, *bias;
  float *weight_gradient;
  int summing;   // threads that have sums of their own
  float *packed; // weights in the order of the product, or sums of every thread
};

typedef void (*squares_phase)(void *job, int thread, int threads);
struct squares_code {
  squares_phase pack_fine, pack_coarse, to_fine, to_coarse, sum, write;
};

#define BODY "squares.h"
#include "both_widths.h"

int floe_squares_exist(struct floe_squares s) {
  return CODE_FOR(s.block) && s.coarse > 0 && s.fine > 0 && s.coarse % s.block == 0 &&
         s.fine % s.block == 0;
}

size_t floe_squares_scratch(struct floe_squares s, int threads) {
  return s.coarse * s.fine * 4 * (size_t)threads;
}

void floe_squares_to_fine(float *fine, const float *coarse, const float *weight, const float *bias,
                          struct floe_squares s, float *scratch) {
  const struct squares_code *code = CODE_FOR(s.block);
  struct squares_job job = {.s = s,
                            .coarse = (float *)coarse,
                            .fine = fine,
                            .weight = weight,
                            .bias = bias,
                            .packed = scratch};
  floe_parallel(code->pack_fine, &job);
  floe_parallel(code->to_fine, &job);
}

void floe_squares_to_coarse(float *coarse, const float *fine, const float *weight,
                            const float *bias, struct floe_squares s, float *scratch) {
  const struct squares_code *code = CODE_FOR(s.block);
  struct squares_job job = {.s = s,
                            .coarse = coarse,
                            .fine = (float *)fine,
                            .weight = weight,
                            .bias = bias,
                            .packed = scratch};
  floe_parallel(code->pack_coarse, &job);
  floe_parallel(code->to_coarse, &job);
}

void floe_squares_weight_gradient(float *weight_gradient, const float *coarse, const float *fine,
                                  struct floe_squares s, float *scratch) {
  const struct squares_code *code = CODE_FOR(s.block);
  struct squares_job job = {.s = s,
                            .coarse = (float *)coarse,
                            .fine = (float *)fine,
                            .weight_gradient = weight_gradient,
                            .packed = scratch};
  floe_parallel(code->sum, &job);
  floe_parallel(code->write, &job);
}
