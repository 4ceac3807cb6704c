#include "probability_runs.h"

// Losses of probabilities: sums of each class, and gradients through sigmoid and softmax.

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
static void scaled_run(float *out, const float *in, size_t count, float scale) {
  for (size_t i = 0; i < count; i++) out[i] = in[i] * scale;
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

// Slopes of Dice from the class's own two, any others as they are given.
static void slopes_of(float *slope, const struct probability_job *job, struct image_run at,
                      size_t class) {
  if (job->labels)
    slope_run(slope, labels_of(job, at.image * job->classes + class) + at.first, at.count,
              job->is_exclusive, (uint8_t)class, job->slopes[2 * class],
              job->slopes[2 * class + 1]);
  else
    scaled_run(slope, job->slopes + run_start(job, at) + class * job->pixels, at.count, job->scale);
}

static void gradient_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  struct range r = image_runs(job, thread, threads);
  float slope[RUN], mean[RUN];
  for (size_t run = r.begin; run < r.end; run++) {
    struct image_run at = image_run(job, run);
    for (size_t i = 0; i < at.count; i++) mean[i] = 0;
    for (int pass = job->is_exclusive ? 0 : 1; pass < 2; pass++)
      for (size_t k = 0; k < job->classes; k++) {
        size_t start = run_start(job, at) + k * job->pixels;
        slopes_of(slope, job, at, k);
        if (pass == 0)
          add_products(mean, slope, job->in + start, at.count);
        else if (job->is_exclusive)
          softmax_chain(job->out + start, slope, job->in + start, mean, at.count);
        else
          sigmoid_chain(job->out + start, slope, job->in + start, at.count);
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
  start(gradient_share, &job);
}

// By any slope of every probability.
void floe_slope_gradient(float *gradient, const float *probabilities, const float *slopes,
                         size_t images, size_t classes, size_t pixels, int is_exclusive,
                         float scale) {
  struct probability_job job = {.out = gradient,
                                .in = probabilities,
                                .slopes = slopes,
                                .images = images,
                                .classes = classes,
                                .pixels = pixels,
                                .scale = scale,
                                .is_exclusive = is_exclusive};
  start(gradient_share, &job);
}
