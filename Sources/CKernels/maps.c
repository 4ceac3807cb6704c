#include "internal.h"
#include <math.h>

// Maps are [outer][pixels][inner], outer = images * blocks of channels. Work is cut into runs of pixels,
// and every sum is taken run by run in one order, so that neither threads nor their number change a
// result.
enum { RUN = 16384 };

// Eight lanes of a blocked map: loops over them are what compilers turn into scalars again. Aligned as
// floats are; never passed to functions, which have no wide registers before they are cloned.
typedef float floats __attribute__((vector_size(32), aligned(4), may_alias));
typedef int masks __attribute__((vector_size(32), aligned(4), may_alias));
typedef double doubles __attribute__((vector_size(64), aligned(8), may_alias));
#define LOAD(from) (*(const floats *)(from))
#define STORE(to, value) (*(floats *)(to) = (value))
// Values where the mask is above 0, else 0.
#define MASKED(value, mask) ((floats)((masks)(value) & (LOAD(mask) > 0)))
#define INLINE static inline __attribute__((always_inline))

static size_t run_pixels(struct floe_map s) {
  size_t pixels = RUN / s.inner;
  return pixels ? pixels : 1;
}

size_t floe_map_runs(struct floe_map s) {
  size_t length = run_pixels(s);
  return (s.pixels + length - 1) / length;
}

// Part of one plane: pixels first..last-1 of `outer`.
struct run {
  size_t outer, first, last;
};

static struct run run_at(size_t item, struct floe_map s) {
  size_t runs = floe_map_runs(s), length = run_pixels(s);
  struct run run = {item / runs, item % runs * length, 0};
  run.last = smaller(run.first + length, s.pixels);
  return run;
}

// ---- out = a p + b q + c

struct affine_job {
  float *out;
  const float *p, *q, *mask, *a, *b, *c;
  float floor;
  struct floe_map s;
};

// Which of p, q and the mask there are is a constant of every copy.
INLINE void affine_run(const struct affine_job *job, struct run run, int has_p, int has_q, int has_mask) {
  size_t inner = job->s.inner, start = run.outer * job->s.pixels * inner;
  const float *a = has_p ? job->a + run.outer * inner : 0, *b = has_q ? job->b + run.outer * inner : 0;
  const float *p = has_p ? job->p + start : 0, *q = has_q ? job->q + start : 0;
  const float *mask = has_mask ? job->mask + start : 0, *c = job->c + run.outer * inner;
  float *restrict out = job->out + start;
  // A NaN is not below the floor and passes through, so that a broken network is noticed at its loss.
  float floor = job->floor;
  if (inner % 8 == 0) {
    floats floors = {floor, floor, floor, floor, floor, floor, floor, floor};
    for (size_t k = 0; k < inner; k += 8) {
      floats slope_p = has_p ? LOAD(a + k) : floors, slope_q = has_q ? LOAD(b + k) : floors;
      floats constant = LOAD(c + k);
      for (size_t i = run.first; i < run.last; i++) {
        size_t at = i * inner + k;
        floats value = constant;
        if (has_p) value += slope_p * (has_mask ? MASKED(LOAD(p + at), mask + at) : LOAD(p + at));
        if (has_q) value += slope_q * LOAD(q + at);
        masks below = value < floors;
        STORE(out + at, (floats)(((masks)value & ~below) | ((masks)floors & below)));
      }
    }
    return;
  }
  for (size_t k = 0; k < inner; k++) {
    float slope_p = has_p ? a[k] : 0, slope_q = has_q ? b[k] : 0, constant = c[k];
    for (size_t i = run.first; i < run.last; i++) {
      size_t at = i * inner + k;
      float value = constant;
      if (has_p) value += slope_p * (!has_mask || mask[at] > 0 ? p[at] : 0);
      if (has_q) value += slope_q * q[at];
      out[at] = value < floor ? floor : value;
    }
  }
}

FLOE_CLONES static void affine_range(const struct affine_job *job, size_t begin, size_t end) {
  for (size_t item = begin; item < end; item++) {
    struct run run = run_at(item, job->s);
    if (!job->p) affine_run(job, run, 0, 0, 0);
    else if (job->q && job->mask) affine_run(job, run, 1, 1, 1);
    else if (job->q) affine_run(job, run, 1, 1, 0);
    else if (job->mask) affine_run(job, run, 1, 0, 1);
    else affine_run(job, run, 1, 0, 0);
  }
}

static void affine_share(void *context, int thread, int threads) {
  const struct affine_job *job = context;
  struct range r = share(job->s.outer * floe_map_runs(job->s), 1, thread, threads);
  affine_range(job, r.begin, r.end);
}

void floe_map_affine(float *out, const float *p, const float *q, const float *mask, const float *a,
                     const float *b, const float *c, int relu, struct floe_map s) {
  struct affine_job job = {out, p, q, mask, a, b, c, relu ? 0 : -INFINITY, s};
  floe_parallel(affine_share, &job);
}

// ---- sums of p and of p q

struct sums_job {
  double *sums;
  const float *p, *q, *mask;
  struct floe_map s;
};

// Products of floats are exact in double, so that a mean far from zero costs a variance nothing.
INLINE void sums_of_eight(const struct sums_job *job, size_t start, size_t rows, size_t stride, double *sum,
                          double *product, int has_q, int has_mask) {
  doubles first = {0}, second = {0};
  for (size_t i = 0; i < rows; i++) {
    size_t at = start + i * stride;
    floats p = LOAD(job->p + at);
    if (has_mask) p = MASKED(p, job->mask + at);
    doubles wide = __builtin_convertvector(p, doubles);
    first += wide;
    if (has_q) second += wide * __builtin_convertvector(LOAD(job->q + at), doubles);
  }
  *(doubles *)sum = first;
  *(doubles *)product = second;
}

INLINE void sums_of_one(const struct sums_job *job, size_t start, size_t rows, size_t stride, double *sum,
                        double *product) {
  for (size_t i = 0; i < rows; i++) {
    size_t at = start + i * stride;
    double p = !job->mask || job->mask[at] > 0 ? job->p[at] : 0;
    *sum += p;
    if (job->q) *product += p * job->q[at];
  }
}

INLINE void sums_run(const struct sums_job *job, struct run run, double *sum, double *product, int has_q,
                     int has_mask) {
  size_t inner = job->s.inner, rows = run.last - run.first;
  size_t start = (run.outer * job->s.pixels + run.first) * inner;
  if (inner % 8 == 0) {
    for (size_t k = 0; k < inner; k += 8)
      sums_of_eight(job, start + k, rows, inner, sum + k, product + k, has_q, has_mask);
    return;
  }
  for (size_t k = 0; k < inner; k++) sum[k] = product[k] = 0;
  if (inner == 1) {
    // One channel: neighbouring pixels are the lanes.
    double lanes[8], products[8];
    sums_of_eight(job, start, rows / 8, 8, lanes, products, has_q, has_mask);
    for (size_t k = 0; k < 8; k++) *sum += lanes[k], *product += products[k];
    sums_of_one(job, start + rows / 8 * 8, rows % 8, 1, sum, product);
  } else {
    for (size_t k = 0; k < inner; k++) sums_of_one(job, start + k, rows, inner, sum + k, product + k);
  }
}

FLOE_CLONES static void sums_range(const struct sums_job *job, size_t begin, size_t end) {
  for (size_t item = begin; item < end; item++) {
    struct run run = run_at(item, job->s);
    double *sum = job->sums + item * 2 * job->s.inner, *product = sum + job->s.inner;
    if (job->q && job->mask) sums_run(job, run, sum, product, 1, 1);
    else if (job->q) sums_run(job, run, sum, product, 1, 0);
    else if (job->mask) sums_run(job, run, sum, product, 0, 1);
    else sums_run(job, run, sum, product, 0, 0);
  }
}

static void sums_share(void *context, int thread, int threads) {
  const struct sums_job *job = context;
  struct range r = share(job->s.outer * floe_map_runs(job->s), 1, thread, threads);
  sums_range(job, r.begin, r.end);
}

void floe_map_sums(double *sums, const float *p, const float *q, const float *mask, struct floe_map s) {
  struct sums_job job = {sums, p, q, mask, s};
  floe_parallel(sums_share, &job);
  size_t runs = floe_map_runs(s), length = 2 * s.inner;
  // In place: a plane's sum lies at or before its own first run.
  for (size_t outer = 0; outer < s.outer; outer++)
    for (size_t run = 0; run < runs; run++)
      for (size_t k = 0; k < length; k++) {
        double value = sums[(outer * runs + run) * length + k];
        sums[outer * length + k] = run == 0 ? value : sums[outer * length + k] + value;
      }
}

// ---- gates by channel and by pixel

struct gate_job {
  float *out;
  const float *in, *channel, *spatial;
  struct floe_map s;
};

FLOE_CLONES static void gate_range(const struct gate_job *job, size_t begin, size_t end) {
  size_t inner = job->s.inner, blocks = job->s.outer / job->s.images;
  for (size_t item = begin; item < end; item++) {
    struct run run = run_at(item, job->s);
    size_t start = run.outer * job->s.pixels * inner;
    const float *in = job->in + start, *channel = job->channel + run.outer * inner;
    const float *spatial = job->spatial + run.outer / blocks * job->s.pixels;
    float *restrict out = job->out + start;
    if (inner % 8 == 0) {
      for (size_t i = run.first; i < run.last; i++)
        for (size_t k = 0; k < inner; k += 8)
          STORE(out + i * inner + k, LOAD(in + i * inner + k) * (LOAD(channel + k) + spatial[i]));
    } else {
      for (size_t k = 0; k < inner; k++)
        for (size_t i = run.first; i < run.last; i++)
          out[i * inner + k] = in[i * inner + k] * (channel[k] + spatial[i]);
    }
  }
}

static void gate_share(void *context, int thread, int threads) {
  const struct gate_job *job = context;
  struct range r = share(job->s.outer * floe_map_runs(job->s), 1, thread, threads);
  gate_range(job, r.begin, r.end);
}

void floe_map_gate(float *out, const float *in, const float *channel, const float *spatial,
                   struct floe_map s) {
  struct gate_job job = {out, in, channel, spatial, s};
  floe_parallel(gate_share, &job);
}

// ---- sums over channels, pixel by pixel

struct dots_job {
  float *dots;
  const float *p, *q;
  struct floe_map s;
};

FLOE_CLONES static void dots_range(const struct dots_job *job, size_t begin, size_t end) {
  size_t inner = job->s.inner, pixels = job->s.pixels, blocks = job->s.outer / job->s.images;
  for (size_t item = begin; item < end; item++) {
    struct run run = run_at(item, job->s);
    float *restrict dots = job->dots + run.outer * pixels;
    for (size_t i = run.first; i < run.last; i++) dots[i] = 0;
    for (size_t block = 0; block < blocks; block++) {
      size_t start = (run.outer * blocks + block) * pixels * inner;
      const float *p = job->p + start, *q = job->q + start;
      if (inner % 8 == 0) {
        for (size_t i = run.first; i < run.last; i++) {
          floats sum = {0};
          for (size_t k = 0; k < inner; k += 8) sum += LOAD(p + i * inner + k) * LOAD(q + i * inner + k);
          dots[i] += ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
        }
      } else {
        for (size_t k = 0; k < inner; k++)
          for (size_t i = run.first; i < run.last; i++) dots[i] += p[i * inner + k] * q[i * inner + k];
      }
    }
  }
}

// Here a run is one of an image's pixels, through all its blocks.
static void dots_share(void *context, int thread, int threads) {
  const struct dots_job *job = context;
  struct range r = share(job->s.images * floe_map_runs(job->s), 1, thread, threads);
  dots_range(job, r.begin, r.end);
}

void floe_map_dots(float *dots, const float *p, const float *q, struct floe_map s) {
  struct dots_job job = {dots, p, q, s};
  floe_parallel(dots_share, &job);
}
