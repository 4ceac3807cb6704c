// Convolutions with a few outputs, such as a network's head, whose kernel is 1x1 or 3x3, moves by one
// and keeps the size. The vectors run over a block of input channels, since a vector over outputs
// would be almost empty.
#include "lanes.h"

// r[0] = the sums of every vector's lanes, in order.
INLINE VEC NAME(sums_of_lanes)(VEC r[LANES]) {
  NAME(transpose)(r);
#pragma clang loop unroll(full)
  for (int width = LANES / 2; width > 0; width /= 2)
#pragma clang loop unroll(full)
    for (int i = 0; i < width; i++) r[i] += r[i + width];
  return r[0];
}

// Which taps along one axis find pixels from this position.
INLINE struct range NAME(taps_at)(size_t position, size_t extent, size_t kernel) {
  size_t radius = kernel / 2;
  struct range taps = {position < radius ? radius - position : 0,
                       position + kernel - radius > extent ? extent + radius - position : kernel};
  return taps;
}

// ---- forward: every pixel gathers its taps, `count` of them side by side

INLINE void NAME(few_pixels)(const int count, const struct floe_few *s, const float *image,
                             const float *weight, float bias, struct range rows,
                             struct range columns, size_t y, size_t x, float *out) {
  size_t radius = s->kernel / 2, taps = s->kernel * s->kernel;
  VEC sum[LANES];
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++) sum[i] = 0;
  for (size_t block = 0; block < s->blocks; block++)
    for (size_t ky = rows.begin; ky < rows.end; ky++)
      for (size_t kx = columns.begin; kx < columns.end; kx++) {
        size_t line = (block * s->height + y + ky - radius) * s->width;
        const float *in = image + (line + x + kx - radius) * LANES;
        VEC w = LOAD(weight + (block * taps + ky * s->kernel + kx) * LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) sum[i] += LOAD(in + i * LANES) * w;
      }
  VEC result = NAME(sums_of_lanes)(sum) + bias;
  if (count == LANES)
    *(LOOSE *)out = result;
  else
    for (int i = 0; i < count; i++) out[i] = result[i];
}

static void NAME(few_forward)(void *context, int thread, int threads) {
  const struct few_job *job = context;
  const struct floe_few s = job->s;
  size_t taps = s.kernel * s.kernel, radius = s.kernel / 2;
  struct range share_of_rows = share(s.images * s.height, 1, thread, threads);
  for (size_t row = share_of_rows.begin; row < share_of_rows.end; row++) {
    size_t image = row / s.height, y = row % s.height;
    const float *in = job->in + image * s.blocks * s.height * s.width * LANES;
    struct range rows = NAME(taps_at)(y, s.height, s.kernel), all = {0, s.kernel};
    for (size_t k = 0; k < s.outputs; k++) {
      const float *weight = job->weight + k * s.blocks * taps * LANES;
      float *out = job->out + ((image * s.outputs + k) * s.height + y) * s.width;
      float bias = job->bias ? job->bias[k] : 0;
      for (size_t x = 0; x < s.width;) {
        if (x >= radius && x + LANES + radius <= s.width) {
          NAME(few_pixels)(LANES, &s, in, weight, bias, rows, all, y, x, out + x);
          x += LANES;
        } else {
          NAME(few_pixels)(1, &s, in, weight, bias, rows, NAME(taps_at)(x, s.width, s.kernel), y, x,
                           out + x);
          x++;
        }
      }
    }
  }
}

// ---- input gradient: every input pixel gathers from the outputs that read it

INLINE void NAME(few_input_row)(const size_t kernel, const struct few_job *job, size_t row) {
  const struct floe_few *s = &job->s;
  size_t taps = kernel * kernel * LANES, radius = kernel / 2;
  size_t y = row % s->height, plane = row / s->height;
  size_t block = plane % s->blocks, image = plane / s->blocks;
  struct range rows = NAME(taps_at)(y, s->height, kernel);
  float *out = job->out + row * s->width * LANES;
  for (size_t x = 0; x < s->width; x++) {
    struct range columns = NAME(taps_at)(x, s->width, kernel);
    int inside = columns.end - columns.begin == kernel;
    VEC sum = 0;
    for (size_t k = 0; k < s->outputs; k++)
      for (size_t dy = rows.begin; dy < rows.end; dy++) {
        const float *line = job->gradient +
                            ((image * s->outputs + k) * s->height + y + dy - radius) * s->width +
                            x - radius;
        const float *w =
            job->weight + (k * s->blocks + block) * taps + (kernel - 1 - dy) * kernel * LANES;
        if (inside) {
#pragma clang loop unroll(full)
          for (size_t dx = 0; dx < kernel; dx++)
            sum += line[dx] * LOAD(w + (kernel - 1 - dx) * LANES);
        } else {
          for (size_t dx = columns.begin; dx < columns.end; dx++)
            sum += line[dx] * LOAD(w + (kernel - 1 - dx) * LANES);
        }
      }
    *(VEC *)(out + x * LANES) = sum;
  }
}

static void NAME(few_input)(void *context, int thread, int threads) {
  const struct few_job *job = context;
  struct range r = share(job->s.images * job->s.blocks * job->s.height, 1, thread, threads);
  for (size_t row = r.begin; row < r.end; row++)
    if (job->s.kernel == 3)
      NAME(few_input_row)(3, job, row);
    else
      NAME(few_input_row)(1, job, row);
}

// ---- weight gradient: each output row has sums of its own, so that none depends on the threads

// What the input pixel at `x` adds to a row of taps: it meets `kernel` outputs.
INLINE void NAME(few_add_pixel)(const size_t kernel, VEC sums[3], const float *in,
                                const float *gradient, size_t width, size_t x) {
  const size_t radius = kernel / 2;
  VEC value = LOAD(in + x * LANES);
  int inside = x >= radius && x + radius < width;
#pragma clang loop unroll(full)
  for (size_t kx = 0; kx < kernel; kx++)
    if (inside || (x + radius >= kx && x + radius - kx < width))
      sums[kx] += value * gradient[x + radius - kx];
}

INLINE void NAME(few_weight_row)(const size_t kernel, const struct few_job *job, size_t row) {
  const struct floe_few *s = &job->s;
  const size_t radius = kernel / 2;
  size_t image = row / s->height, y = row % s->height, width = s->width;
  float *sums = job->out + row * s->outputs * s->blocks * kernel * kernel * LANES;
  struct range rows = NAME(taps_at)(y, s->height, kernel);
  for (size_t k = 0; k < s->outputs; k++) {
    const float *gradient = job->gradient + ((image * s->outputs + k) * s->height + y) * width;
    for (size_t block = 0; block < s->blocks; block++)
      for (size_t ky = 0; ky < kernel; ky++, sums += kernel * LANES) {
        // Two sums for each tap, since an addition has to wait for the one before.
        VEC even[3] = {0, 0, 0}, odd[3] = {0, 0, 0};
        if (ky >= rows.begin && ky < rows.end) {
          size_t line = (image * s->blocks + block) * s->height + y + ky - radius;
          const float *in = job->in + line * width * LANES;
          size_t x = 0;
          for (; x + 1 < width; x += 2) {
            NAME(few_add_pixel)(kernel, even, in, gradient, width, x);
            NAME(few_add_pixel)(kernel, odd, in, gradient, width, x + 1);
          }
          if (x < width) NAME(few_add_pixel)(kernel, even, in, gradient, width, x);
        }
#pragma clang loop unroll(full)
        for (size_t kx = 0; kx < kernel; kx++) *(VEC *)(sums + kx * LANES) = even[kx] + odd[kx];
      }
  }
}

static void NAME(few_weight)(void *context, int thread, int threads) {
  const struct few_job *job = context;
  struct range r = share(job->s.images * job->s.height, 1, thread, threads);
  for (size_t row = r.begin; row < r.end; row++)
    if (job->s.kernel == 3)
      NAME(few_weight_row)(3, job, row);
    else
      NAME(few_weight_row)(1, job, row);
}

static const struct few_code NAME(code) = {NAME(few_forward), NAME(few_input), NAME(few_weight)};
