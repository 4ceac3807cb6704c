#ifndef FLOE_WINOGRAD_JOB_H
#define FLOE_WINOGRAD_JOB_H
#include "../internal.h"

// One convolution pass cut into tiles and panels. A tile is 4x4 outputs; a panel is two blocks of
// output channels, what the matrix product keeps in registers.
struct plan {
  size_t lanes, tiles_x, tiles_y, tiles, in_blocks, out_blocks, panels;
  size_t tile_block;    // tiles that are transformed together
  size_t kernel_blocks; // blocks of inputs whose kernels are transformed together, panels outside
  size_t input_step, gradient_step, weight_step, product_step; // floats between two points
};

struct winograd_job {
  struct floe_winograd s;
  struct plan plan;
  struct floe_planes in, out;
  const float *gradient, *weight, *bias, *residual;
  float *weight_gradient;
  int transposed, relu;
  float *shared; // scratch of all threads
  float *own;    // scratch of one thread, `own_count` floats for each
  size_t own_count;
  int summing;                  // threads that have sums of their own
  size_t first_tile, last_tile; // of the tiles that are transformed together by all threads
};

struct tile {
  size_t image, y, x; // its first pixel
};
static inline struct tile tile_at(const struct plan *plan, size_t index) {
  size_t per_image = plan->tiles_y * plan->tiles_x, in_image = index % per_image;
  struct tile tile = {index / per_image, in_image / plan->tiles_x * 4,
                      in_image % plan->tiles_x * 4};
  return tile;
}

typedef void (*winograd_phase)(void *job, int thread, int threads);
struct winograd_code {
  winograd_phase transform_weights, tiles_outer;
  winograd_phase transform_inputs, panels_outer;
  winograd_phase gradient_tiles_outer, gradient_reduce;
  winograd_phase transform_both, gradient_panels_outer;
};
#endif
