// Direct convolution: the pixels that a run of outputs reads are gathered in one core's cache, tap by
// tap, and multiplied with all weights there. Maps whose planes lie a power of two apart, which most
// do, would otherwise share a few sets of the cache.
#include "lanes.h"
#include "product.h"

// ---- weights: plain [outputs][inputs][taps] to [panel][block of inputs][tap][LANES][vectors *
// LANES]; `transposed` takes plain [inputs][outputs] of a single tap

static void NAME(pack)(void *context, int thread, int threads) {
  const struct direct_job *job = context;
  size_t inputs = job->s.inputs, outputs = job->s.outputs, taps = job->s.kernel * job->s.kernel;
  size_t in_blocks = inputs / LANES, out_blocks = outputs / LANES;
  struct range r = share(in_blocks * out_blocks, 1, thread, threads);
  for (size_t i = r.begin; i < r.end; i++) {
    size_t out_block = i / in_blocks, in_block = i % in_blocks;
    size_t panel = out_block / 2 * 2, row = (out_blocks - panel < 2 ? 1 : 2) * LANES;
    float *packed = job->packed + panel * LANES * inputs * taps + in_block * taps * LANES * row +
                    (out_block - panel) * LANES;
    if (job->transposed) {
      const float *plain = job->weight + in_block * LANES * outputs + out_block * LANES;
      for (size_t input = 0; input < LANES; input++)
        *(VEC *)(packed + input * row) = *(const LOOSE *)(plain + input * outputs);
      continue;
    }
    const float *plain = job->weight + (out_block * LANES * inputs + in_block * LANES) * taps;
    for (size_t part = 0; part < taps; part++) {
      VEC r[LANES];
#pragma clang loop unroll(full)
      for (int o = 0; o < LANES; o++)
        r[o] = *(const LOOSE *)(plain + (size_t)o * inputs * taps + part * LANES);
      NAME(transpose)(r);
#pragma clang loop unroll(full)
      for (int j = 0; j < LANES; j++) {
        size_t input = (part * LANES + j) / taps, tap = (part * LANES + j) % taps;
        *(VEC *)(packed + (tap * LANES + input) * row) = r[j];
      }
    }
  }
}

// ---- pixels

// What one tap sees from the outputs `x` to `end` of a row; `row` of the map may lie outside.
INLINE float *NAME(gather_row)(const struct floe_direct *s, const float *block, size_t row,
                               size_t shift, size_t x, size_t end, float *out) {
  // Outputs from `low` to `high` see columns of the map.
  size_t low = shift < s->padding ? (s->padding - shift + s->stride - 1) / s->stride : 0;
  size_t reach = s->width + s->padding;
  size_t high = row >= s->height || reach <= shift ? 0 : (reach - shift - 1) / s->stride + 1;
  for (; x < end && (x < low || x >= high); x++, out += LANES) *(VEC *)out = (VEC)0;
  if (x < end) {
    const float *from = block + (row * s->width + x * s->stride + shift - s->padding) * LANES;
    for (; x < end && x < high; x++, out += LANES, from += s->stride * LANES)
      *(VEC *)out = LOAD(from);
  }
  for (; x < end; x++, out += LANES) *(VEC *)out = (VEC)0;
  return out;
}

// [block][tap][count][LANES] for the outputs from `first` on of one image.
static void NAME(gather)(const struct floe_direct *s, const float *image, size_t first,
                         size_t count, float *out) {
  size_t plane = s->height * s->width * LANES;
  for (size_t block = 0; block < s->inputs / LANES; block++, image += plane) {
    if (s->kernel == 1 && s->stride == 1 && s->padding == 0) {
      for (size_t i = 0; i < count; i++, out += LANES)
        *(VEC *)out = LOAD(image + (first + i) * LANES);
      continue;
    }
    for (size_t ky = 0; ky < s->kernel; ky++)
      for (size_t kx = 0; kx < s->kernel; kx++)
        for (size_t done = 0; done < count;) {
          size_t y = (first + done) / s->out_width, x = (first + done) % s->out_width;
          size_t end = s->out_width - x < count - done ? s->out_width : x + count - done;
          // Above the map this wraps around to a row far below it.
          size_t row = y * s->stride + ky * s->dilation - s->padding;
          out = NAME(gather_row)(s, image, row, kx * s->dilation, x, end, out);
          done += end - x;
        }
  }
}

// ---- outputs

static void NAME(convolve)(void *context, int thread, int threads) {
  const struct direct_job *job = context;
  const struct floe_direct *s = &job->s;
  size_t taps = s->kernel * s->kernel, out_blocks = s->outputs / LANES;
  size_t pixels = s->out_height * s->out_width;
  float *gathered = job->own + (size_t)thread * job->own_count;
  struct range r = share(s->images * pixels, LARGEST_ROWS, thread, threads);
  for (size_t first = r.begin, count; first < r.end; first += count) {
    size_t image = first / pixels, in_image = first % pixels;
    count = r.end - first < job->run ? r.end - first : job->run;
    if (count > pixels - in_image) count = pixels - in_image;
    NAME(gather)(s, job->in + image * s->inputs * s->height * s->width, in_image, count, gathered);
    for (size_t block = 0; block < out_blocks; block += 2) {
      size_t at = ((image * out_blocks + block) * pixels + in_image) * LANES;
      const float *b = job->packed + block * LANES * s->inputs * taps;
      const float *start = job->bias ? job->bias + block * LANES : 0;
      struct NAME(finish) finish = {job->residual ? job->residual + at : 0, job->relu};
      if (out_blocks - block < 2)
        NAME(product_run)(1, LANES, job->out + at, LANES, pixels * LANES, start, gathered,
                          count * LANES, b, count, s->inputs / LANES * taps, LANES, 0, finish);
      else
        NAME(product_run)(2, LANES, job->out + at, LANES, pixels * LANES, start, gathered,
                          count * LANES, b, count, s->inputs / LANES * taps, LANES, 0, finish);
    }
  }
}

static const struct direct_code NAME(code) = {NAME(pack), NAME(convolve)};
