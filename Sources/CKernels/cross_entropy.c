#include "probability_runs.h"
#include "softmax_sums.h"

// Losses of the logits themselves: cross entropies and focal losses.

// ---- binary cross entropy

// Label smoothing s moves the targets to s/2 and 1 - s/2.
FLOE_CLONES static double binary_run(float *gradient, const float *logits, const uint8_t *labels,
                                     size_t count, float smoothing, float scale) {
  float lanes[16] = {0};
  float present = 1.0f - smoothing / 2, absent = smoothing / 2;
  for (size_t first = 0; first < count; first += 16) {
    size_t width = count - first < 16 ? count - first : 16;
    for (size_t k = 0; k < width; k++) {
      float x = logits[first + k];
      uint8_t label = labels[first + k];
      float t = label == 0 ? absent : present, counts = label == IGNORE ? 0.0f : 1.0f;
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
                                job->labels + first, run_length(job->pixels, run), job->smoothing,
                                job->scale);
  }
}

void floe_binary_cross_entropy(double *sums, float *gradient, const float *logits,
                               const uint8_t *labels, size_t count, float smoothing,
                               float scale) {
  struct probability_job job = {.out = gradient,
                                .in = logits,
                                .labels = labels,
                                .sums = sums,
                                .images = 1,
                                .classes = 1,
                                .pixels = count,
                                .scale = scale,
                                .smoothing = smoothing};
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

// The part of label smoothing: the mean over all classes of their weighted cross entropies.
static double smoothed_part(float *gradient, const float *logits, const uint8_t *labels,
                            const float *log_sum, const struct probability_job *job,
                            size_t count) {
  float share = job->smoothing / (float)job->classes;
  double total = 0;
  for (size_t k = 0; k < job->classes; k++) {
    float weight = share * job->class_weights[k];
    const float *x = logits + k * job->pixels;
    for (size_t i = 0; i < count; i++) {
      if (labels[i] == IGNORE) continue;
      total += weight * (log_sum[i] - x[i]);
      if (gradient) gradient[k * job->pixels + i] -= job->scale * weight;
    }
  }
  return total;
}

static void cross_entropy_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  float kept = 1.0f - job->smoothing, everywhere = 0;
  for (size_t k = 0; k < job->classes && job->smoothing > 0; k++)
    everywhere += job->smoothing / (float)job->classes * job->class_weights[k];
  struct range r = image_runs(job, thread, threads);
  float largest[RUN], sum[RUN], scale[RUN];
  for (size_t run = r.begin; run < r.end; run++) {
    struct image_run at = image_run(job, run);
    size_t start = run_start(job, at), count = at.count;
    const float *logits = job->in + start;
    const uint8_t *labels = job->labels + at.image * job->pixels + at.first;
    softmax_sums(largest, sum, 0, logits, job->classes, job->pixels, count);
    double total = 0;
    for (size_t i = 0; i < count; i++) {
      float log_sum = largest[i] + __builtin_logf(sum[i]);
      largest[i] = log_sum;
      scale[i] = 0;
      if (labels[i] == IGNORE) continue;
      float weight = kept * job->class_weights[labels[i]];
      total += weight * (log_sum - logits[labels[i] * job->pixels + i]);
      scale[i] = job->scale * (weight + everywhere);
    }
    float *gradient = job->out ? job->out + start : 0;
    if (job->smoothing > 0)
      total += smoothed_part(gradient, logits, labels, largest, job, count);
    job->sums[run] = total;
    if (!gradient) continue;
    exclusive_gradient(gradient, logits, largest, scale, job->classes, job->pixels, count);
    for (size_t i = 0; i < count; i++)
      if (labels[i] != IGNORE)
        gradient[labels[i] * job->pixels + i] -=
            job->scale * (kept * job->class_weights[labels[i]]);
  }
}

void floe_cross_entropy(double *sums, float *gradient, const float *logits, const uint8_t *labels,
                        const float *class_weights, size_t images, size_t classes, size_t pixels,
                        float smoothing, float scale) {
  struct probability_job job = {.out = gradient,
                                .in = logits,
                                .labels = labels,
                                .sums = sums,
                                .class_weights = class_weights,
                                .images = images,
                                .classes = classes,
                                .pixels = pixels,
                                .scale = scale,
                                .smoothing = smoothing};
  start(cross_entropy_share, &job);
}

// ---- focal losses (Lin et al. 2017): cross entropies times (1 - p of the truth) to the gamma

FLOE_CLONES static double binary_focal_run(float *gradient, const float *logits,
                                           const uint8_t *labels, size_t count,
                                           const struct probability_job *job) {
  float lanes[16] = {0};
  float gamma = job->gamma, scale = job->scale;
  float present = job->positive, absent = job->negative;
  for (size_t first = 0; first < count; first += 16) {
    size_t width = count - first < 16 ? count - first : 16;
    for (size_t k = 0; k < width; k++) {
      uint8_t label = labels[first + k];
      float sign = label == 0 ? -1.0f : 1.0f, counts = label == IGNORE ? 0.0f : 1.0f;
      float factor = label == 0 ? absent : present;
      // The logit of the truth, and the logarithms of its probability and of the rest.
      float z = sign * logits[first + k];
      float power = exp_of_negative(z < 0 ? z : -z), tail = log_of_one_plus(power);
      float log_p = -((z < 0 ? -z : z == z ? 0.0f : z) + tail);
      float log_rest = -((z > 0 ? z : 0.0f) + tail);
      float p = (z >= 0 ? 1.0f : power) / (1.0f + power);
      float rest = (z >= 0 ? power : 1.0f) / (1.0f + power);
      float focus = factor * exp_of_negative(gamma * log_rest);
      lanes[k] += counts != 0 ? focus * -log_p : 0.0f;
      if (gradient)
        gradient[first + k] +=
            counts != 0 ? scale * -sign * focus * (rest - gamma * p * log_p) : 0.0f;
    }
  }
  double sum = 0;
  for (int k = 0; k < 16; k++) sum += lanes[k];
  return sum;
}

static void binary_focal_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  struct range r = share(runs(job->pixels), 1, thread, threads);
  for (size_t run = r.begin; run < r.end; run++) {
    size_t first = run * RUN;
    job->sums[run] = binary_focal_run(job->out ? job->out + first : 0, job->in + first,
                                      job->labels + first, run_length(job->pixels, run), job);
  }
}

void floe_binary_focal(double *sums, float *gradient, const float *logits, const uint8_t *labels,
                       size_t count, struct floe_focal rule, float scale) {
  struct probability_job job = {.out = gradient,
                                .in = logits,
                                .labels = labels,
                                .sums = sums,
                                .images = 1,
                                .classes = 1,
                                .pixels = count,
                                .scale = scale,
                                .gamma = rule.gamma,
                                .positive = rule.positive,
                                .negative = rule.negative};
  start(binary_focal_share, &job);
}

static void focal_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  struct range r = image_runs(job, thread, threads);
  float gamma = job->gamma, largest[RUN], sum[RUN], scale[RUN];
  for (size_t run = r.begin; run < r.end; run++) {
    struct image_run at = image_run(job, run);
    size_t start = run_start(job, at), count = at.count;
    const float *logits = job->in + start;
    const uint8_t *labels = job->labels + at.image * job->pixels + at.first;
    softmax_sums(largest, sum, 0, logits, job->classes, job->pixels, count);
    double total = 0;
    for (size_t i = 0; i < count; i++) {
      float log_sum = largest[i] + __builtin_logf(sum[i]);
      largest[i] = log_sum;
      scale[i] = 0;
      if (labels[i] == IGNORE) continue;
      float log_p = logits[labels[i] * job->pixels + i] - log_sum;
      // Rounding may take a logarithm of almost 1 above 0.
      log_p = log_p > 0 ? 0 : log_p;
      float p = __builtin_expf(log_p), rest = 1 - p;
      float focus = job->class_weights[labels[i]] *
                    (gamma == 2 ? rest * rest : __builtin_powf(rest, gamma));
      total += focus * -log_p;
      // -log p / (1 - p), which tends to 1.
      float ratio = rest > 1e-3f ? -log_p / rest : 1 + rest / 2;
      scale[i] = job->scale * focus * (1 + gamma * p * ratio);
    }
    job->sums[run] = total;
    if (!job->out) continue;
    float *gradient = job->out + start;
    exclusive_gradient(gradient, logits, largest, scale, job->classes, job->pixels, count);
    for (size_t i = 0; i < count; i++)
      if (labels[i] != IGNORE) gradient[labels[i] * job->pixels + i] -= scale[i];
  }
}

void floe_exclusive_focal(double *sums, float *gradient, const float *logits,
                          const uint8_t *labels, const float *class_weights, size_t images,
                          size_t classes, size_t pixels, float gamma, float scale) {
  struct probability_job job = {.out = gradient,
                                .in = logits,
                                .labels = labels,
                                .sums = sums,
                                .class_weights = class_weights,
                                .images = images,
                                .classes = classes,
                                .pixels = pixels,
                                .scale = scale,
                                .gamma = gamma};
  start(focal_share, &job);
}
