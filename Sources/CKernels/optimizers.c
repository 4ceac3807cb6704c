#include "internal.h"
#include "vector_math.h"
#include <math.h>

struct step_job {
  const struct floe_parameter *parameters;
  size_t count, elements;
  struct floe_clip clip;
  // One of the three is there.
  const struct floe_adam *adam;
  const struct floe_sgd *sgd;
  const struct floe_lion *lion;
  int broken[256]; // by thread
};

// Comparisons with NaN are false, so that it goes through.
static inline float clipped(float gradient, struct floe_clip clip) {
  float g = gradient * clip.scale;
  g = g > clip.limit ? clip.limit : g;
  return g < -clip.limit ? -clip.limit : g;
}

// The bits that show whether a weight is not finite: its exponent is all ones.
static inline uint32_t is_broken(float weight) {
  return (to_bits(weight) & 0x7F800000u) == 0x7F800000u;
}

// Each range returns whether a weight became not finite.
FLOE_CLONES static uint32_t adam_range(struct floe_parameter p, struct floe_adam rule,
                                       struct floe_clip clip, size_t begin, size_t end) {
  float *weight = p.weight, *first = p.first, *second = p.second;
  const float *gradient = p.gradient;
  float decay = p.decays ? rule.decay : 0;
  uint32_t broken = 0;
  for (size_t i = begin; i < end; i++) {
    float g = clipped(gradient[i], clip) + decay * weight[i];
    float m = rule.beta1 * first[i] + rule.complement1 * g;
    float v = rule.beta2 * second[i] + rule.complement2 * g * g;
    first[i] = m;
    second[i] = v;
    float w = weight[i] - rule.step * m / (__builtin_elementwise_sqrt(v) * rule.scale + rule.epsilon);
    weight[i] = w;
    broken |= is_broken(w);
  }
  return broken;
}

FLOE_CLONES static uint32_t decoupled_adam_range(struct floe_parameter p, struct floe_adam rule,
                                                 struct floe_clip clip, size_t begin, size_t end) {
  float *weight = p.weight, *first = p.first, *second = p.second;
  const float *gradient = p.gradient;
  float shrink = p.decays ? rule.decay : 0;
  uint32_t broken = 0;
  for (size_t i = begin; i < end; i++) {
    float g = clipped(gradient[i], clip);
    float m = rule.beta1 * first[i] + rule.complement1 * g;
    float v = rule.beta2 * second[i] + rule.complement2 * g * g;
    first[i] = m;
    second[i] = v;
    // 1 - shrink would lose most digits of a small shrink.
    float w = weight[i] - shrink * weight[i];
    w -= rule.step * m / (__builtin_elementwise_sqrt(v) * rule.scale + rule.epsilon);
    weight[i] = w;
    broken |= is_broken(w);
  }
  return broken;
}

FLOE_CLONES static uint32_t sgd_range(struct floe_parameter p, struct floe_sgd rule,
                                      struct floe_clip clip, size_t begin, size_t end) {
  float *weight = p.weight, *velocity = p.first;
  const float *gradient = p.gradient;
  float decay = p.decays ? rule.decay : 0;
  uint32_t broken = 0;
  for (size_t i = begin; i < end; i++) {
    float g = clipped(gradient[i], clip) + decay * weight[i];
    // PyTorch starts the velocity at the first gradient instead of at zero.
    float v = rule.first_step ? g : rule.momentum * velocity[i] + g;
    velocity[i] = v;
    float w = weight[i] - rule.rate * (rule.nesterov ? g + rule.momentum * v : v);
    weight[i] = w;
    broken |= is_broken(w);
  }
  return broken;
}

FLOE_CLONES static uint32_t lion_range(struct floe_parameter p, struct floe_lion rule,
                                       struct floe_clip clip, size_t begin, size_t end) {
  float *weight = p.weight, *momentum = p.first;
  const float *gradient = p.gradient;
  float shrink = p.decays ? rule.shrink : 0;
  uint32_t broken = 0;
  for (size_t i = begin; i < end; i++) {
    float g = clipped(gradient[i], clip);
    float u = rule.beta1 * momentum[i] + rule.complement1 * g;
    momentum[i] = rule.beta2 * momentum[i] + rule.complement2 * g;
    float sign = u > 0 ? 1.0f : 0.0f;
    sign = u < 0 ? -1.0f : sign;
    // A sign would hide what is not finite; u - u is 0 for all else.
    float w = weight[i] - shrink * weight[i];
    w -= rule.rate * (sign + (u - u));
    weight[i] = w;
    broken |= is_broken(w);
  }
  return broken;
}

static uint32_t step_range(const struct step_job *job, struct floe_parameter p, size_t begin,
                           size_t end) {
  if (job->sgd) return sgd_range(p, *job->sgd, job->clip, begin, end);
  if (job->lion) return lion_range(p, *job->lion, job->clip, begin, end);
  if (job->adam->is_decoupled) return decoupled_adam_range(p, *job->adam, job->clip, begin, end);
  return adam_range(p, *job->adam, job->clip, begin, end);
}

// The elements of all parameters in a row are cut into one run for each thread.
static void step_share(void *context, int thread, int threads) {
  struct step_job *job = context;
  struct range r = share(job->elements, 1024, thread, threads);
  size_t start = 0;
  uint32_t broken = 0;
  for (size_t i = 0; i < job->count && start < r.end; i++) {
    struct floe_parameter p = job->parameters[i];
    size_t begin = r.begin > start ? r.begin - start : 0;
    size_t end = r.end - start < p.count ? r.end - start : p.count;
    start += p.count;
    if (begin >= end) continue;
    broken |= step_range(job, p, begin, end);
  }
  if (broken) job->broken[thread % 256] = 1;
}

static int run(struct step_job *job) {
  for (size_t i = 0; i < job->count; i++) job->elements += job->parameters[i].count;
  if (job->elements < 16384)
    step_share(job, 0, 1);
  else
    floe_parallel(step_share, job);
  for (int i = 0; i < 256; i++)
    if (job->broken[i]) return 0;
  return 1;
}

int floe_adam_step(const struct floe_parameter *parameters, size_t count, struct floe_adam rule,
                   struct floe_clip clip) {
  struct step_job job = {.parameters = parameters, .count = count, .clip = clip, .adam = &rule};
  return run(&job);
}

int floe_sgd_step(const struct floe_parameter *parameters, size_t count, struct floe_sgd rule,
                  struct floe_clip clip) {
  struct step_job job = {.parameters = parameters, .count = count, .clip = clip, .sgd = &rule};
  return run(&job);
}

int floe_lion_step(const struct floe_parameter *parameters, size_t count, struct floe_lion rule,
                   struct floe_clip clip) {
  struct step_job job = {.parameters = parameters, .count = count, .clip = clip, .lion = &rule};
  return run(&job);
}

// ---- the norm of all gradients

#define RUN 8192

struct squares_job {
  double *sums;
  const struct floe_parameter *parameters;
  size_t count, runs;
};

// Eight sums side by side, in double precision: a single square may be beyond single precision.
FLOE_CLONES static double squares_of(const float *values, size_t count) {
  double lanes[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int j = 0; j < 8; j++) {
      double value = values[i + j];
      lanes[j] += value * value;
    }
  for (int j = 0; i < count; i++, j++) {
    double value = values[i];
    lanes[j] += value * value;
  }
  double sum = 0;
  for (int j = 0; j < 8; j++) sum += lanes[j];
  return sum;
}

static void squares_share(void *context, int thread, int threads) {
  struct squares_job *job = context;
  struct range r = share(job->runs, 1, thread, threads);
  size_t run = 0;
  for (size_t i = 0; i < job->count && run < r.end; i++) {
    struct floe_parameter p = job->parameters[i];
    for (size_t start = 0; start < p.count; start += RUN, run++)
      if (run >= r.begin && run < r.end)
        job->sums[run] = squares_of(p.gradient + start, smaller(RUN, p.count - start));
  }
}

size_t floe_gradient_runs(const struct floe_parameter *parameters, size_t count) {
  size_t runs = 0;
  for (size_t i = 0; i < count; i++) runs += (parameters[i].count + RUN - 1) / RUN;
  return runs;
}

void floe_gradient_squares(double *sums, const struct floe_parameter *parameters, size_t count) {
  struct squares_job job = {sums, parameters, count, floe_gradient_runs(parameters, count)};
  if (job.runs < 4)
    squares_share(&job, 0, 1);
  else
    floe_parallel(squares_share, &job);
}

// ---- the average of weights

struct average_job {
  const struct floe_averaged *arrays;
  size_t count, elements;
  float weight;
};

FLOE_CLONES static void average_range(float *average, const float *value, float weight,
                                      size_t count) {
  for (size_t i = 0; i < count; i++) average[i] += weight * (value[i] - average[i]);
}

static void average_share(void *context, int thread, int threads) {
  struct average_job *job = context;
  struct range r = share(job->elements, 1024, thread, threads);
  size_t start = 0;
  for (size_t i = 0; i < job->count && start < r.end; i++) {
    struct floe_averaged a = job->arrays[i];
    size_t begin = r.begin > start ? r.begin - start : 0;
    size_t end = smaller(r.end - start, a.count);
    start += a.count;
    if (begin < end) average_range(a.average + begin, a.value + begin, job->weight, end - begin);
  }
}

void floe_average(const struct floe_averaged *arrays, size_t count, float weight) {
  struct average_job job = {.arrays = arrays, .count = count, .weight = weight};
  for (size_t i = 0; i < count; i++) job.elements += arrays[i].count;
  if (job.elements < 16384)
    average_share(&job, 0, 1);
  else
    floe_parallel(average_share, &job);
}
