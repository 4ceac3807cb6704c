#include "internal.h"
#include "vector_math.h"

// From logits to probabilities, and the losses that are taken of them. Pixels are cut into runs of
// RUN; a run's sum is taken in single precision over 16 lanes, runs are added in double precision
// and in their order, so that a loss does not depend on the number of threads.

enum { RUN = 1024, IGNORE = 255 };

struct probability_job {
  float *out;
  const float *in;
  const uint8_t *labels;
  double *sums;
  const float *class_weights, *slopes;
  size_t images, classes, pixels;
  float scale;
  int is_exclusive;
};

static size_t runs(size_t count) { return (count + RUN - 1) / RUN; }
static size_t run_length(size_t count, size_t run) {
  return count - run * RUN < RUN ? count - run * RUN : RUN;
}
static void start(void (*body)(void *, int, int), struct probability_job *job) {
  if (job->images * job->classes * job->pixels < 16384)
    body(job, 0, 1);
  else
    floe_parallel(body, job);
}

// ---- sigmoid and softmax

FLOE_CLONES static void sigmoid_run(float *out, const float *in, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = sigmoid_of(in[i]);
}

static void sigmoid_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  struct range r = share(job->pixels, RUN, thread, threads);
  sigmoid_run(job->out + r.begin, job->in + r.begin, r.end - r.begin);
}

void floe_sigmoid(float *out, const float *logits, size_t count) {
  struct probability_job job = {
      .out = out, .in = logits, .images = 1, .classes = 1, .pixels = count};
  start(sigmoid_share, &job);
}

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

FLOE_CLONES static void divide_run(float *out, const float *sum, size_t classes, size_t pixels,
                                   size_t count) {
  for (size_t k = 0; k < classes; k++)
    for (size_t i = 0; i < count; i++) out[k * pixels + i] /= sum[i];
}

static void softmax_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  size_t per_image = runs(job->pixels);
  struct range r = share(job->images * per_image, 1, thread, threads);
  float largest[RUN], sum[RUN];
  for (size_t run = r.begin; run < r.end; run++) {
    size_t start = run / per_image * job->classes * job->pixels + run % per_image * (size_t)RUN;
    size_t count = run_length(job->pixels, run % per_image);
    softmax_sums(largest, sum, job->out + start, job->in + start, job->classes, job->pixels, count);
    divide_run(job->out + start, sum, job->classes, job->pixels, count);
  }
}

void floe_softmax(float *out, const float *logits, size_t images, size_t classes, size_t pixels) {
  struct probability_job job = {
      .out = out, .in = logits, .images = images, .classes = classes, .pixels = pixels};
  start(softmax_share, &job);
}

// ---- binary cross entropy

FLOE_CLONES static double binary_run(float *gradient, const float *logits, const uint8_t *labels,
                                     size_t count, float scale) {
  float lanes[16] = {0};
  for (size_t first = 0; first < count; first += 16) {
    size_t width = count - first < 16 ? count - first : 16;
    for (size_t k = 0; k < width; k++) {
      float x = logits[first + k];
      uint8_t label = labels[first + k];
      float t = label == 0 ? 0.0f : 1.0f, counts = label == IGNORE ? 0.0f : 1.0f;
      float power = exp_of_negative(x < 0 ? x : -x);
      float value = (x > 0 ? x : x == x ? 0.0f : x) - x * t + log_of_one_plus(power);
      lanes[k] += counts != 0 ? value : 0.0f;
      if (gradient) {
        float p = (x >= 0 ? 1.0f : power) / (1.0f + power);
        gradient[first + k] += counts != 0 ? (p - t) * scale : 0.0f;
      }
    }
  }
  double sum = 0;
  for (int k = 0; k < 16; k++) sum += lanes[k];
  return sum;
}

static void binary_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  struct range r = share(runs(job->pixels), 1, thread, threads);
  for (size_t run = r.begin; run < r.end; run++) {
    size_t first = run * RUN;
    job->sums[run] = binary_run(job->out ? job->out + first : 0, job->in + first,
                                job->labels + first, run_length(job->pixels, run), job->scale);
  }
}

size_t floe_loss_runs(size_t images, size_t pixels) { return images * runs(pixels); }

void floe_binary_cross_entropy(double *sums, float *gradient, const float *logits,
                               const uint8_t *labels, size_t count, float scale) {
  struct probability_job job = {.out = gradient,
                                .in = logits,
                                .labels = labels,
                                .sums = sums,
                                .images = 1,
                                .classes = 1,
                                .pixels = count,
                                .scale = scale};
  start(binary_share, &job);
}

// ---- cross entropy

FLOE_CLONES static void exclusive_gradient(float *gradient, const float *logits,
                                           const float *log_sum, const float *scale, size_t classes,
                                           size_t pixels, size_t count) {
  for (size_t k = 0; k < classes; k++) {
    float *g = gradient + k * pixels;
    const float *x = logits + k * pixels;
    // Whatever stands at an ignored pixel, its gradient is zero.
    for (size_t i = 0; i < count; i++)
      g[i] += scale[i] != 0 ? scale[i] * exp_of_negative(x[i] - log_sum[i]) : 0.0f;
  }
}

static void cross_entropy_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  size_t per_image = runs(job->pixels);
  struct range r = share(job->images * per_image, 1, thread, threads);
  float largest[RUN], sum[RUN], scale[RUN];
  for (size_t run = r.begin; run < r.end; run++) {
    size_t image = run / per_image, first = run % per_image * (size_t)RUN;
    size_t start = image * job->classes * job->pixels + first;
    size_t count = run_length(job->pixels, run % per_image);
    const float *logits = job->in + start;
    const uint8_t *labels = job->labels + image * job->pixels + first;
    softmax_sums(largest, sum, 0, logits, job->classes, job->pixels, count);
    double total = 0;
    for (size_t i = 0; i < count; i++) {
      float log_sum = largest[i] + __builtin_logf(sum[i]);
      largest[i] = log_sum;
      scale[i] = 0;
      if (labels[i] == IGNORE) continue;
      float weight = job->class_weights[labels[i]];
      total += weight * (log_sum - logits[labels[i] * job->pixels + i]);
      scale[i] = job->scale * weight;
    }
    job->sums[run] = total;
    if (!job->out) continue;
    float *gradient = job->out + start;
    exclusive_gradient(gradient, logits, largest, scale, job->classes, job->pixels, count);
    for (size_t i = 0; i < count; i++)
      if (labels[i] != IGNORE) gradient[labels[i] * job->pixels + i] -= scale[i];
  }
}

void floe_cross_entropy(double *sums, float *gradient, const float *logits, const uint8_t *labels,
                        const float *class_weights, size_t images, size_t classes, size_t pixels,
                        float scale) {
  struct probability_job job = {.out = gradient,
                                .in = logits,
                                .labels = labels,
                                .sums = sums,
                                .class_weights = class_weights,
                                .images = images,
                                .classes = classes,
                                .pixels = pixels,
                                .scale = scale};
  start(cross_entropy_share, &job);
}

// ---- soft Dice

FLOE_CLONES static void dice_run(double sums[4], const float *p, const uint8_t *labels,
                                 size_t count, int is_exclusive, uint8_t class) {
  float overlap[16] = {0}, predicted[16] = {0}, present[16] = {0}, counted[16] = {0};
  for (size_t first = 0; first < count; first += 16) {
    size_t width = count - first < 16 ? count - first : 16;
    for (size_t k = 0; k < width; k++) {
      uint8_t label = labels[first + k];
      int hit = is_exclusive ? label == class : label != 0;
      float counts = label == IGNORE ? 0.0f : 1.0f;
      float value = counts != 0 ? p[first + k] : 0.0f;
      float t = hit ? counts : 0.0f;
      overlap[k] += t != 0 ? value : 0.0f;
      predicted[k] += value;
      present[k] += t;
      counted[k] += counts;
    }
  }
  sums[0] = sums[1] = sums[2] = sums[3] = 0;
  for (int k = 0; k < 16; k++) {
    sums[0] += overlap[k];
    sums[1] += predicted[k];
    sums[2] += present[k];
    sums[3] += counted[k];
  }
}

static const uint8_t *labels_of(const struct probability_job *job, size_t plane) {
  return job->labels + (job->is_exclusive ? plane / job->classes : plane) * job->pixels;
}

static void dice_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  size_t per_plane = runs(job->pixels);
  struct range r = share(job->images * job->classes * per_plane, 1, thread, threads);
  for (size_t run = r.begin; run < r.end; run++) {
    size_t plane = run / per_plane, first = run % per_plane * (size_t)RUN;
    dice_run(job->sums + 4 * run, job->in + plane * job->pixels + first,
             labels_of(job, plane) + first, run_length(job->pixels, run % per_plane),
             job->is_exclusive, (uint8_t)(plane % job->classes));
  }
}

void floe_dice_sums(double *sums, const float *probabilities, const uint8_t *labels, size_t images,
                    size_t classes, size_t pixels, int is_exclusive) {
  struct probability_job job = {.in = probabilities,
                                .labels = labels,
                                .sums = sums,
                                .images = images,
                                .classes = classes,
                                .pixels = pixels,
                                .is_exclusive = is_exclusive};
  start(dice_share, &job);
}

// Slope of the loss by each probability of one class, then through sigmoid or softmax.
FLOE_CLONES static void slope_run(float *out, const uint8_t *labels, size_t count, int is_exclusive,
                                  uint8_t class, float if_hit, float always) {
  for (size_t i = 0; i < count; i++) {
    uint8_t label = labels[i];
    int hit = is_exclusive ? label == class : label != 0;
    out[i] = label == IGNORE ? 0.0f : always + (hit ? if_hit : 0.0f);
  }
}
FLOE_CLONES static void sigmoid_chain(float *gradient, const float *slope, const float *p,
                                      size_t count) {
  for (size_t i = 0; i < count; i++)
    gradient[i] += slope[i] != 0 ? slope[i] * p[i] * (1.0f - p[i]) : 0.0f;
}
FLOE_CLONES static void add_products(float *sum, const float *a, const float *b, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += a[i] != 0 ? a[i] * b[i] : 0.0f;
}
FLOE_CLONES static void softmax_chain(float *gradient, const float *slope, const float *p,
                                      const float *mean, size_t count) {
  for (size_t i = 0; i < count; i++)
    gradient[i] += slope[i] != mean[i] ? p[i] * (slope[i] - mean[i]) : 0.0f;
}

static void dice_gradient_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  size_t per_image = runs(job->pixels);
  struct range r = share(job->images * per_image, 1, thread, threads);
  float slope[RUN], mean[RUN];
  for (size_t run = r.begin; run < r.end; run++) {
    size_t image = run / per_image, first = run % per_image * (size_t)RUN;
    size_t count = run_length(job->pixels, run % per_image);
    for (size_t i = 0; i < count; i++) mean[i] = 0;
    for (int pass = job->is_exclusive ? 0 : 1; pass < 2; pass++)
      for (size_t k = 0; k < job->classes; k++) {
        size_t plane = image * job->classes + k, start = plane * job->pixels + first;
        slope_run(slope, labels_of(job, plane) + first, count, job->is_exclusive, (uint8_t)k,
                  job->slopes[2 * k], job->slopes[2 * k + 1]);
        if (pass == 0)
          add_products(mean, slope, job->in + start, count);
        else if (job->is_exclusive)
          softmax_chain(job->out + start, slope, job->in + start, mean, count);
        else
          sigmoid_chain(job->out + start, slope, job->in + start, count);
      }
  }
}

void floe_dice_gradient(float *gradient, const float *probabilities, const uint8_t *labels,
                        const float *slopes, size_t images, size_t classes, size_t pixels,
                        int is_exclusive) {
  struct probability_job job = {.out = gradient,
                                .in = probabilities,
                                .labels = labels,
                                .slopes = slopes,
                                .images = images,
                                .classes = classes,
                                .pixels = pixels,
                                .is_exclusive = is_exclusive};
  start(dice_gradient_share, &job);
}
