#include "internal.h"
#include "vector_math.h"
#include <math.h>

struct step_job {
  const struct floe_parameter *parameters;
  size_t count, elements;
  const struct floe_adam *adam;
  const struct floe_sgd *sgd;
  int broken[256]; // by thread
};

// Each returns the bits that show whether a weight is not finite: its exponent is all ones.
FLOE_CLONES static uint32_t adam_range(struct floe_parameter p, struct floe_adam rule,
                                       size_t begin, size_t end) {
  float *weight = p.weight, *first = p.first, *second = p.second;
  const float *gradient = p.gradient;
  float step = rule.rate / rule.correction1, scale = 1 / sqrtf(rule.correction2);
  uint32_t broken = 0;
  for (size_t i = begin; i < end; i++) {
    float g = gradient[i] + rule.decay * weight[i];
    float m = rule.beta1 * first[i] + rule.complement1 * g;
    float v = rule.beta2 * second[i] + rule.complement2 * g * g;
    first[i] = m;
    second[i] = v;
    float w = weight[i] - step * m / (__builtin_elementwise_sqrt(v) * scale + rule.epsilon);
    weight[i] = w;
    broken |= (to_bits(w) & 0x7F800000u) == 0x7F800000u;
  }
  return broken;
}

FLOE_CLONES static uint32_t sgd_range(struct floe_parameter p, struct floe_sgd rule, size_t begin,
                                      size_t end) {
  float *weight = p.weight, *velocity = p.first;
  const float *gradient = p.gradient;
  uint32_t broken = 0;
  for (size_t i = begin; i < end; i++) {
    float g = gradient[i] + rule.decay * weight[i];
    // PyTorch starts the velocity at the first gradient instead of at zero.
    float v = rule.first_step ? g : rule.momentum * velocity[i] + g;
    velocity[i] = v;
    float w = weight[i] - rule.rate * (rule.nesterov ? g + rule.momentum * v : v);
    weight[i] = w;
    broken |= (to_bits(w) & 0x7F800000u) == 0x7F800000u;
  }
  return broken;
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
    broken |=
        job->adam ? adam_range(p, *job->adam, begin, end) : sgd_range(p, *job->sgd, begin, end);
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

int floe_adam_step(const struct floe_parameter *parameters, size_t count, struct floe_adam rule) {
  struct step_job job = {.parameters = parameters, .count = count, .adam = &rule};
  return run(&job);
}

int floe_sgd_step(const struct floe_parameter *parameters, size_t count, struct floe_sgd rule) {
  struct step_job job = {.parameters = parameters, .count = count, .sgd = &rule};
  return run(&job);
}
