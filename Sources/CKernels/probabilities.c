#include "probability_runs.h"
#include "softmax_sums.h"

// From logits to probabilities.

size_t floe_loss_runs(size_t images, size_t pixels) { return images * runs(pixels); }

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

FLOE_CLONES static void divide_run(float *out, const float *sum, size_t classes, size_t pixels,
                                   size_t count) {
  for (size_t k = 0; k < classes; k++)
    for (size_t i = 0; i < count; i++) out[k * pixels + i] /= sum[i];
}

static void softmax_share(void *context, int thread, int threads) {
  const struct probability_job *job = context;
  struct range r = image_runs(job, thread, threads);
  float largest[RUN], sum[RUN];
  for (size_t run = r.begin; run < r.end; run++) {
    struct image_run at = image_run(job, run);
    size_t start = run_start(job, at), count = at.count;
    softmax_sums(largest, sum, job->out + start, job->in + start, job->classes, job->pixels, count);
    divide_run(job->out + start, sum, job->classes, job->pixels, count);
  }
}

void floe_softmax(float *out, const float *logits, size_t images, size_t classes, size_t pixels) {
  struct probability_job job = {
      .out = out, .in = logits, .images = images, .classes = classes, .pixels = pixels};
  start(softmax_share, &job);
}
