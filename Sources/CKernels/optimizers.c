#include "internal.h"
#include <math.h>

struct adam_job {
  float *weight;
  const float *gradient;
  float *first, *second;
  size_t count;
  float rate, beta1, complement1, beta2, complement2, epsilon, correction1, correction2, decay;
};

FLOE_CLONES static void adam_range(const struct adam_job *job, size_t begin, size_t end) {
  float *weight = job->weight, *first = job->first, *second = job->second;
  const float *gradient = job->gradient;
  float beta1 = job->beta1, beta2 = job->beta2, epsilon = job->epsilon, decay = job->decay;
  float complement1 = job->complement1, complement2 = job->complement2;
  float step = job->rate / job->correction1, scale = 1 / sqrtf(job->correction2);
  for (size_t i = begin; i < end; i++) {
    float g = gradient[i] + decay * weight[i];
    float m = beta1 * first[i] + complement1 * g;
    float v = beta2 * second[i] + complement2 * g * g;
    first[i] = m;
    second[i] = v;
    weight[i] -= step * m / (sqrtf(v) * scale + epsilon);
  }
}

static void adam_share(void *context, int thread, int threads) {
  const struct adam_job *job = context;
  struct range r = share(job->count, 1024, thread, threads);
  adam_range(job, r.begin, r.end);
}

void floe_adam(float *weight, const float *gradient, float *first, float *second, size_t count,
               float rate, float beta1, float complement1, float beta2, float complement2,
               float epsilon, float correction1, float correction2, float decay) {
  struct adam_job job = {weight, gradient,    first,   second,      count,       rate, beta1, complement1,
                         beta2,  complement2, epsilon, correction1, correction2, decay};
  if (count < 16384) {
    adam_range(&job, 0, count);
  } else {
    floe_parallel(adam_share, &job);
  }
}

struct sgd_job {
  float *weight;
  const float *gradient;
  float *velocity;
  size_t count;
  float rate, momentum, decay;
  int nesterov, first_step;
};

FLOE_CLONES static void sgd_range(const struct sgd_job *job, size_t begin, size_t end) {
  float *weight = job->weight, *velocity = job->velocity;
  const float *gradient = job->gradient;
  float rate = job->rate, momentum = job->momentum, decay = job->decay;
  for (size_t i = begin; i < end; i++) {
    float g = gradient[i] + decay * weight[i];
    // PyTorch starts the velocity at the first gradient instead of at zero.
    float v = job->first_step ? g : momentum * velocity[i] + g;
    velocity[i] = v;
    weight[i] -= rate * (job->nesterov ? g + momentum * v : v);
  }
}

static void sgd_share(void *context, int thread, int threads) {
  const struct sgd_job *job = context;
  struct range r = share(job->count, 1024, thread, threads);
  sgd_range(job, r.begin, r.end);
}

void floe_sgd(float *weight, const float *gradient, float *velocity, size_t count, float rate,
              float momentum, float decay, int nesterov, int first_step) {
  struct sgd_job job = {weight,   gradient, velocity, count,     rate,
                        momentum, decay,    nesterov, first_step};
  if (count < 16384) {
    sgd_range(&job, 0, count);
  } else {
    floe_parallel(sgd_share, &job);
  }
}
