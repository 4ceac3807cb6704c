#include "internal.h"
#include <string.h>

// Convolutions with a few outputs, such as a network's head: the vectors run over a block of input
// channels, since a vector over outputs would be almost empty.

typedef float vec4 __attribute__((ext_vector_type(4)));
typedef float vec8 __attribute__((ext_vector_type(8)));
typedef float vec16 __attribute__((ext_vector_type(16)));

struct few_job {
  struct floe_few s;
  const float *in, *weight, *bias, *gradient;
  float *out;
};

// Macros, since a vector as an argument would have another ABI in each clone.
#define SUM8(v) ({ vec4 q = (v).lo + (v).hi; (q.x + q.z) + (q.y + q.w); })
#define SUM16(v) ({ vec8 h = (v).lo + (v).hi; SUM8(h); })

// Which kernel rows (or columns) touch the image from an output position.
struct taps {
  size_t begin, end;
};
static inline struct taps taps_at(size_t position, size_t extent, size_t kernel) {
  size_t radius = kernel / 2;
  struct taps t;
  t.begin = position < radius ? radius - position : 0;
  t.end = position + kernel - radius > extent ? extent + radius - position : kernel;
  return t;
}

#define DEFINE_FEW(B)                                                                              \
  /* One line of one output: every pixel gathers its taps. */                                      \
  static inline __attribute__((always_inline)) float few_pixel_##B(const struct floe_few *s, const float *image,                  \
                                    const float *weight, size_t y, size_t x, struct taps rows,     \
                                    struct taps columns) {                                         \
    size_t radius = s->kernel / 2;                                                                 \
    vec##B sum = 0;                                                                                \
    for (size_t block = 0; block < s->blocks; block++)                                             \
      for (size_t ky = rows.begin; ky < rows.end; ky++) {                                          \
        const float *line =                                                                        \
            image + (ptrdiff_t)((block * s->height + y + ky - radius) * s->width + x) * B - (ptrdiff_t)radius * B;           \
        const float *w = weight + (block * s->kernel + ky) * s->kernel * B;                        \
        for (size_t kx = columns.begin; kx < columns.end; kx++)                                    \
          sum += *(const vec##B *)(line + kx * B) * *(const vec##B *)(w + kx * B);                 \
      }                                                                                            \
    return SUM##B(sum);                                                                            \
  }                                                                                                \
  FLOE_CLONES static void few_forward_##B(const struct few_job *job, size_t begin, size_t end) {   \
    struct floe_few s = job->s;                                                                    \
    size_t taps = s.kernel * s.kernel * B, radius = s.kernel / 2;                                  \
    for (size_t row = begin; row < end; row++) {                                                   \
      size_t image = row / s.height, y = row % s.height;                                           \
      const float *in = job->in + image * s.blocks * s.height * s.width * B;                       \
      struct taps rows = taps_at(y, s.height, s.kernel);                                           \
      for (size_t k = 0; k < s.outputs; k++) {                                                     \
        const float *weight = job->weight + k * s.blocks * taps;                                   \
        float *out = job->out + ((image * s.outputs + k) * s.height + y) * s.width;                \
        float bias = job->bias ? job->bias[k] : 0;                                                 \
        struct taps whole = {0, s.kernel};                                                         \
        for (size_t x = 0; x < s.width; x++) {                                                     \
          int inside = x >= radius && x + radius < s.width;                                        \
          out[x] = bias + few_pixel_##B(&s, in, weight, y, x, rows,                                \
                                        inside ? whole : taps_at(x, s.width, s.kernel));           \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  /* Every input pixel gathers from the outputs that read it. */                                   \
  FLOE_CLONES static void few_input_##B(const struct few_job *job, size_t begin, size_t end) {     \
    struct floe_few s = job->s;                                                                    \
    size_t taps = s.kernel * s.kernel * B, radius = s.kernel / 2;                                  \
    for (size_t row = begin; row < end; row++) {                                                   \
      size_t y = row % s.height, plane = row / s.height;                                           \
      size_t block = plane % s.blocks, image = plane / s.blocks;                                   \
      float *out = job->out + row * s.width * B;                                                   \
      const float *gradient = job->gradient + image * s.outputs * s.height * s.width;              \
      struct taps rows = taps_at(y, s.height, s.kernel);                                           \
      for (size_t x = 0; x < s.width; x++) {                                                       \
        struct taps columns = taps_at(x, s.width, s.kernel);                                       \
        vec##B sum = 0;                                                                            \
        for (size_t k = 0; k < s.outputs; k++)                                                     \
          for (size_t dy = rows.begin; dy < rows.end; dy++) {                                      \
            const float *line =                                                                    \
                gradient + (k * s.height + y + dy - radius) * s.width + x - (ptrdiff_t)radius;                \
            const float *w = job->weight + (k * s.blocks + block) * taps +                         \
                             (s.kernel - 1 - dy) * s.kernel * B;                                   \
            for (size_t dx = columns.begin; dx < columns.end; dx++)                                \
              sum += line[dx] * *(const vec##B *)(w + (s.kernel - 1 - dx) * B);                    \
          }                                                                                        \
        *(vec##B *)(out + x * B) = sum;                                                            \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  /* Each output row has sums of its own, so that no sum depends on the number of threads. */      \
  FLOE_CLONES static void few_weight_##B(const struct few_job *job, size_t begin, size_t end) {    \
    struct floe_few s = job->s;                                                                    \
    size_t taps = s.kernel * s.kernel * B, radius = s.kernel / 2;                                  \
    for (size_t row = begin; row < end; row++) {                                                   \
      size_t image = row / s.height, y = row % s.height;                                           \
      float *sums = job->out + row * s.outputs * s.blocks * taps;                                  \
      memset(sums, 0, s.outputs *s.blocks *taps * sizeof(float));                                  \
      struct taps rows = taps_at(y, s.height, s.kernel);                                           \
      for (size_t k = 0; k < s.outputs; k++) {                                                     \
        const float *gradient = job->gradient + ((image * s.outputs + k) * s.height + y) * s.width;\
        for (size_t block = 0; block < s.blocks; block++)                                          \
          for (size_t ky = rows.begin; ky < rows.end; ky++) {                                      \
            const float *line = job->in + (((image * s.blocks + block) * s.height + y + ky -       \
                                            radius) * s.width) * B;                                \
            float *w = sums + ((k * s.blocks + block) * s.kernel + ky) * s.kernel * B;             \
            for (size_t kx = 0; kx < s.kernel; kx++) {                                             \
              size_t first = kx < radius ? radius - kx : 0;                                        \
              size_t last = s.width + radius - kx < s.width ? s.width + radius - kx : s.width;     \
              vec##B a = 0, b = 0;                                                                 \
              const float *from = line + ((ptrdiff_t)kx - (ptrdiff_t)radius) * B;                                        \
              size_t x = first;                                                                    \
              for (; x + 1 < last; x += 2) {                                                       \
                a += *(const vec##B *)(from + x * B) * gradient[x];                                \
                b += *(const vec##B *)(from + (x + 1) * B) * gradient[x + 1];                      \
              }                                                                                    \
              if (x < last) a += *(const vec##B *)(from + x * B) * gradient[x];                    \
              *(vec##B *)(w + kx * B) = a + b;                                                     \
            }                                                                                      \
          }                                                                                        \
      }                                                                                            \
    }                                                                                              \
  }

DEFINE_FEW(8)
DEFINE_FEW(16)

static void forward_share(void *context, int thread, int threads) {
  const struct few_job *job = context;
  struct range r = share(job->s.images * job->s.height, 1, thread, threads);
  (job->s.block == 16 ? few_forward_16 : few_forward_8)(job, r.begin, r.end);
}

void floe_few_forward(float *out, const float *in, const float *weight, const float *bias,
                      struct floe_few s) {
  struct few_job job = {s, in, weight, bias, 0, out};
  floe_parallel(forward_share, &job);
}

static void input_share(void *context, int thread, int threads) {
  const struct few_job *job = context;
  struct range r = share(job->s.images * job->s.blocks * job->s.height, 1, thread, threads);
  (job->s.block == 16 ? few_input_16 : few_input_8)(job, r.begin, r.end);
}

void floe_few_input_gradient(float *in_gradient, const float *gradient, const float *weight,
                             struct floe_few s) {
  struct few_job job = {s, 0, weight, 0, gradient, in_gradient};
  floe_parallel(input_share, &job);
}

static void weight_share(void *context, int thread, int threads) {
  const struct few_job *job = context;
  struct range r = share(job->s.images * job->s.height, 1, thread, threads);
  (job->s.block == 16 ? few_weight_16 : few_weight_8)(job, r.begin, r.end);
}

void floe_few_weight_gradient(float *row_sums, const float *in, const float *gradient,
                              struct floe_few s) {
  struct few_job job = {s, in, 0, 0, gradient, row_sums};
  floe_parallel(weight_share, &job);
}
