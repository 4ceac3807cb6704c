#ifndef FLOE_SOFTMAX_SUMS_H
#define FLOE_SOFTMAX_SUMS_H
#include "internal.h"
#include "vector_math.h"

// Largest logit and sum of powers of one run of pixels; `powers` may be null.
FLOE_CLONES static void softmax_sums(float *largest, float *sum, float *powers, const float *logits,
                                     size_t classes, size_t pixels, size_t count) {
  for (size_t i = 0; i < count; i++) largest[i] = logits[i];
  for (size_t k = 1; k < classes; k++) {
    const float *x = logits + k * pixels;
    // A NaN may lose here; it comes back by the sum of powers.
    for (size_t i = 0; i < count; i++) largest[i] = largest[i] >= x[i] ? largest[i] : x[i];
  }
  for (size_t i = 0; i < count; i++) sum[i] = 0;
  for (size_t k = 0; k < classes; k++) {
    const float *x = logits + k * pixels;
    if (powers) {
      float *p = powers + k * pixels;
      for (size_t i = 0; i < count; i++) {
        p[i] = exp_of_negative(x[i] - largest[i]);
        sum[i] += p[i];
      }
    } else {
      for (size_t i = 0; i < count; i++) sum[i] += exp_of_negative(x[i] - largest[i]);
    }
  }
}
#endif
