#include "internal.h"
#include <string.h>

struct resize_job {
  float *target;
  const float *source;
  struct floe_resize s;
  const int32_t *rows, *columns;
  const float *row_weights, *column_weights;
};

// ---- nearest: one output row at a time

FLOE_CLONES static void nearest_rows(const struct resize_job *job, size_t begin, size_t end) {
  struct floe_resize s = job->s;
  for (size_t line = begin; line < end; line++) {
    size_t plane = line / s.out_height, row = line % s.out_height;
    const float *in = job->source +
                      (plane * s.in_height + (size_t)job->rows[row]) * s.in_width * s.inner;
    float *out = job->target + line * s.out_width * s.inner;
    if (s.inner == 1) {
      for (size_t x = 0; x < s.out_width; x++) out[x] = in[job->columns[x]];
    } else if (s.inner == 16) {
      for (size_t x = 0; x < s.out_width; x++) {
        const float *pixel = in + (size_t)job->columns[x] * 16;
        for (size_t k = 0; k < 16; k++) out[x * 16 + k] = pixel[k];
      }
    } else {
      for (size_t x = 0; x < s.out_width; x++)
        memcpy(out + x * s.inner, in + (size_t)job->columns[x] * s.inner, s.inner * sizeof(float));
    }
  }
}

static void nearest_share(void *context, int thread, int threads) {
  const struct resize_job *job = context;
  struct range r = share(job->s.outer * job->s.out_height, 1, thread, threads);
  nearest_rows(job, r.begin, r.end);
}

void floe_resize_nearest(float *out, const float *in, struct floe_resize s, const int32_t *rows,
                         const int32_t *columns) {
  struct resize_job job = {out, in, s, rows, columns, 0, 0};
  floe_parallel(nearest_share, &job);
}

// The rows (columns) of the output that read an input row lie side by side, because the map is
// monotone; so each input row gathers, and no two threads write to one place.
FLOE_CLONES static void nearest_gradient_planes(const struct resize_job *job, size_t begin,
                                                size_t end) {
  struct floe_resize s = job->s;
  for (size_t plane = begin; plane < end; plane++) {
    float *in = job->target + plane * s.in_height * s.in_width * s.inner;
    const float *out = job->source + plane * s.out_height * s.out_width * s.inner;
    memset(in, 0, s.in_height * s.in_width * s.inner * sizeof(float));
    for (size_t y = 0; y < s.out_height; y++) {
      float *row = in + (size_t)job->rows[y] * s.in_width * s.inner;
      const float *from = out + y * s.out_width * s.inner;
      if (s.inner == 1) {
        for (size_t x = 0; x < s.out_width; x++) row[job->columns[x]] += from[x];
      } else if (s.inner == 16) {
        for (size_t x = 0; x < s.out_width; x++) {
          float *pixel = row + (size_t)job->columns[x] * 16;
          for (size_t k = 0; k < 16; k++) pixel[k] += from[x * 16 + k];
        }
      } else {
        for (size_t x = 0; x < s.out_width; x++) {
          float *pixel = row + (size_t)job->columns[x] * s.inner;
          for (size_t k = 0; k < s.inner; k++) pixel[k] += from[x * s.inner + k];
        }
      }
    }
  }
}

static void nearest_gradient_share(void *context, int thread, int threads) {
  const struct resize_job *job = context;
  struct range r = share(job->s.outer, 1, thread, threads);
  nearest_gradient_planes(job, r.begin, r.end);
}

void floe_resize_nearest_gradient(float *in_gradient, const float *out_gradient,
                                  struct floe_resize s, const int32_t *rows,
                                  const int32_t *columns) {
  struct resize_job job = {in_gradient, out_gradient, s, rows, columns, 0, 0};
  floe_parallel(nearest_gradient_share, &job);
}

// ---- bilinear

static inline size_t upper(int32_t lower, size_t extent) {
  size_t next = (size_t)lower + 1;
  return next < extent ? next : extent - 1;
}

FLOE_CLONES static void bilinear_rows(const struct resize_job *job, size_t begin, size_t end) {
  struct floe_resize s = job->s;
  for (size_t line = begin; line < end; line++) {
    size_t plane = line / s.out_height, row = line % s.out_height;
    const float *in = job->source + plane * s.in_height * s.in_width * s.inner;
    const float *top = in + (size_t)job->rows[row] * s.in_width * s.inner;
    const float *bottom = in + upper(job->rows[row], s.in_height) * s.in_width * s.inner;
    float wy = job->row_weights[row];
    float *out = job->target + line * s.out_width * s.inner;
    for (size_t x = 0; x < s.out_width; x++) {
      size_t left = (size_t)job->columns[x] * s.inner;
      size_t right = upper(job->columns[x], s.in_width) * s.inner;
      float wx = job->column_weights[x];
      for (size_t k = 0; k < s.inner; k++) {
        float a = top[left + k] * (1 - wx) + top[right + k] * wx;
        float b = bottom[left + k] * (1 - wx) + bottom[right + k] * wx;
        out[x * s.inner + k] = a * (1 - wy) + b * wy;
      }
    }
  }
}

static void bilinear_share(void *context, int thread, int threads) {
  const struct resize_job *job = context;
  struct range r = share(job->s.outer * job->s.out_height, 1, thread, threads);
  bilinear_rows(job, r.begin, r.end);
}

void floe_resize_bilinear(float *out, const float *in, struct floe_resize s, const int32_t *rows,
                          const float *row_weights, const int32_t *columns,
                          const float *column_weights) {
  struct resize_job job = {out, in, s, rows, columns, row_weights, column_weights};
  floe_parallel(bilinear_share, &job);
}

FLOE_CLONES static void bilinear_gradient_planes(const struct resize_job *job, size_t begin,
                                                 size_t end) {
  struct floe_resize s = job->s;
  for (size_t plane = begin; plane < end; plane++) {
    float *in = job->target + plane * s.in_height * s.in_width * s.inner;
    const float *out = job->source + plane * s.out_height * s.out_width * s.inner;
    memset(in, 0, s.in_height * s.in_width * s.inner * sizeof(float));
    for (size_t y = 0; y < s.out_height; y++) {
      float *top = in + (size_t)job->rows[y] * s.in_width * s.inner;
      float *bottom = in + upper(job->rows[y], s.in_height) * s.in_width * s.inner;
      float wy = job->row_weights[y];
      const float *from = out + y * s.out_width * s.inner;
      for (size_t x = 0; x < s.out_width; x++) {
        size_t left = (size_t)job->columns[x] * s.inner;
        size_t right = upper(job->columns[x], s.in_width) * s.inner;
        float wx = job->column_weights[x];
        for (size_t k = 0; k < s.inner; k++) {
          float g = from[x * s.inner + k];
          float a = g * (1 - wy), b = g * wy;
          top[left + k] += a * (1 - wx);
          top[right + k] += a * wx;
          bottom[left + k] += b * (1 - wx);
          bottom[right + k] += b * wx;
        }
      }
    }
  }
}

static void bilinear_gradient_share(void *context, int thread, int threads) {
  const struct resize_job *job = context;
  struct range r = share(job->s.outer, 1, thread, threads);
  bilinear_gradient_planes(job, r.begin, r.end);
}

void floe_resize_bilinear_gradient(float *in_gradient, const float *out_gradient,
                                   struct floe_resize s, const int32_t *rows,
                                   const float *row_weights, const int32_t *columns,
                                   const float *column_weights) {
  struct resize_job job = {in_gradient, out_gradient, s, rows, columns, row_weights,
                           column_weights};
  floe_parallel(bilinear_gradient_share, &job);
}

// ---- layouts

void floe_block_channels(float *out, const float *in, size_t channels, size_t pixels,
                         size_t block) {
  for (size_t first = 0; first < channels; first += block) {
    size_t width = channels - first < block ? channels - first : block;
    float *to = out + first * pixels;
    for (size_t p = 0; p < pixels; p++) {
      for (size_t k = 0; k < width; k++) to[p * block + k] = in[(first + k) * pixels + p];
      for (size_t k = width; k < block; k++) to[p * block + k] = 0;
    }
  }
}

void floe_unblock_channels(float *out, const float *in, size_t channels, size_t pixels,
                           size_t block) {
  for (size_t first = 0; first < channels; first += block) {
    size_t width = channels - first < block ? channels - first : block;
    const float *from = in + first * pixels;
    for (size_t k = 0; k < width; k++)
      for (size_t p = 0; p < pixels; p++) out[(first + k) * pixels + p] = from[p * block + k];
  }
}
