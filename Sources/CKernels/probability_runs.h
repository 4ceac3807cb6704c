#ifndef FLOE_PROBABILITY_RUNS_H
#define FLOE_PROBABILITY_RUNS_H
#include "internal.h"
#include "vector_math.h"

// What the files on logits, probabilities and losses share. Pixels are cut into runs of RUN; a run's
// sum is taken in single precision over 16 lanes, runs are added in double precision and in their
// order, so that a loss does not depend on the number of threads.

enum { RUN = 1024, IGNORE = 255 };

struct probability_job {
  float *out;
  const float *in;
  const uint8_t *labels;
  double *sums;
  const float *class_weights, *slopes;
  size_t images, classes, pixels;
  float scale, smoothing, gamma, positive, negative;
  int is_exclusive;
};

static inline size_t runs(size_t count) { return (count + RUN - 1) / RUN; }
static inline size_t run_length(size_t count, size_t run) {
  return count - run * RUN < RUN ? count - run * RUN : RUN;
}

// A run of one image's pixels, whatever its number of classes.
struct image_run {
  size_t image, first, count;
};
static inline struct range image_runs(const struct probability_job *job, int thread, int threads) {
  return share(job->images * runs(job->pixels), 1, thread, threads);
}
static inline struct image_run image_run(const struct probability_job *job, size_t run) {
  size_t per_image = runs(job->pixels), place = run % per_image;
  return (struct image_run){.image = run / per_image,
                            .first = place * (size_t)RUN,
                            .count = run_length(job->pixels, place)};
}
// Where the values of its first class begin.
static inline size_t run_start(const struct probability_job *job, struct image_run run) {
  return run.image * job->classes * job->pixels + run.first;
}
static inline void start(void (*body)(void *, int, int), struct probability_job *job) {
  if (job->images * job->classes * job->pixels < 16384)
    body(job, 0, 1);
  else
    floe_parallel(body, job);
}
#endif
