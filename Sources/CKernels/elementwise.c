#include "internal.h"
#include <string.h>

enum operation { ADD, ADD_RELU, MULTIPLY, RELU, RELU_GRADIENT, COPY };

struct job {
  enum operation operation;
  float *out;
  const float *a, *b;
  size_t count;
};

FLOE_CLONES static void run_range(const struct job *job, size_t begin, size_t end) {
  float *out = job->out;
  const float *a = job->a, *b = job->b;
  switch (job->operation) {
  case ADD:
    for (size_t i = begin; i < end; i++) out[i] = a[i] + b[i];
    break;
  case ADD_RELU:
    for (size_t i = begin; i < end; i++) {
      float sum = a[i] + b[i];
      out[i] = sum > 0 ? sum : (sum == sum ? 0 : sum);
    }
    break;
  case MULTIPLY:
    for (size_t i = begin; i < end; i++) out[i] = a[i] * b[i];
    break;
  case RELU:
    // A NaN passes through, so that a broken network is noticed at its loss.
    for (size_t i = begin; i < end; i++) out[i] = a[i] > 0 ? a[i] : (a[i] == a[i] ? 0 : a[i]);
    break;
  case RELU_GRADIENT:
    for (size_t i = begin; i < end; i++) out[i] = b[i] > 0 ? a[i] : 0;
    break;
  case COPY:
    memcpy(out + begin, a + begin, (end - begin) * sizeof(float));
    break;
  }
}

static void run_share(void *context, int thread, int threads) {
  const struct job *job = context;
  struct range r = share(job->count, 1024, thread, threads);
  if (r.begin < r.end) run_range(job, r.begin, r.end);
}

static void start(struct job job) {
  if (job.count < 16384) {
    run_range(&job, 0, job.count);
  } else {
    floe_parallel(run_share, &job);
  }
}

void floe_add(float *out, const float *a, const float *b, size_t count, int relu) {
  start((struct job){relu ? ADD_RELU : ADD, out, a, b, count});
}
void floe_multiply(float *out, const float *a, const float *b, size_t count) {
  start((struct job){MULTIPLY, out, a, b, count});
}
void floe_relu(float *out, const float *in, size_t count) {
  start((struct job){RELU, out, in, in, count});
}
void floe_relu_gradient(float *out, const float *gradient, const float *output, size_t count) {
  start((struct job){RELU_GRADIENT, out, gradient, output, count});
}
void floe_copy(float *out, const float *in, size_t count) {
  start((struct job){COPY, out, in, in, count});
}

struct bias_job {
  float *values;
  const float *bias;
  size_t outer, blocks, pixels, inner;
};

FLOE_CLONES static void add_bias_range(const struct bias_job *job, size_t begin, size_t end) {
  size_t inner = job->inner;
  for (size_t o = begin; o < end; o++) {
    float *row = job->values + o * job->pixels * inner;
    const float *bias = job->bias + o % job->blocks * inner;
    if (inner == 1) {
      for (size_t p = 0; p < job->pixels; p++) row[p] += bias[0];
    } else {
      for (size_t p = 0; p < job->pixels; p++)
        for (size_t k = 0; k < inner; k++) row[p * inner + k] += bias[k];
    }
  }
}

static void add_bias_share(void *context, int thread, int threads) {
  const struct bias_job *job = context;
  struct range r = share(job->outer, 1, thread, threads);
  add_bias_range(job, r.begin, r.end);
}

void floe_add_bias(float *values, const float *bias, size_t outer, size_t channel_blocks,
                   size_t pixels, size_t inner) {
  struct bias_job job = {values, bias, outer, channel_blocks, pixels, inner};
  floe_parallel(add_bias_share, &job);
}

struct sums_job {
  double *sums;
  const float *values;
  size_t images, blocks, pixels, inner;
};

// Floats are summed over runs of 64 pixels, runs in double: fast, and exact enough for any image.
FLOE_CLONES static void channel_sums_range(const struct sums_job *job, size_t begin, size_t end) {
  size_t inner = job->inner, pixels = job->pixels;
  for (size_t block = begin; block < end; block++) {
    double *sums = job->sums + block * inner;
    for (size_t k = 0; k < inner; k++) sums[k] = 0;
    for (size_t image = 0; image < job->images; image++) {
      const float *values = job->values + (image * job->blocks + block) * pixels * inner;
      for (size_t first = 0; first < pixels; first += 64) {
        size_t last = first + 64 < pixels ? first + 64 : pixels;
        for (size_t k0 = 0; k0 < inner; k0 += 16) {
          size_t width = inner - k0 < 16 ? inner - k0 : 16;
          float run[16] = {0};
          for (size_t p = first; p < last; p++)
            for (size_t k = 0; k < width; k++) run[k] += values[p * inner + k0 + k];
          for (size_t k = 0; k < width; k++) sums[k0 + k] += run[k];
        }
      }
    }
  }
}

static void channel_sums_share(void *context, int thread, int threads) {
  const struct sums_job *job = context;
  struct range r = share(job->blocks, 1, thread, threads);
  channel_sums_range(job, r.begin, r.end);
}

void floe_channel_sums(double *sums, const float *values, size_t images, size_t channel_blocks,
                       size_t pixels, size_t inner) {
  struct sums_job job = {sums, values, images, channel_blocks, pixels, inner};
  floe_parallel(channel_sums_share, &job);
}
