// Our own Winograd convolution, F(4x4, 3x3) of Lavin and Gray (2016), for 3x3 kernels that move by
// one and keep the size, in blocked layouts. Transforms and products of a few tiles stay in the
// cache of one core, which a library that transforms whole images cannot do; and AVX2 has it too.
#include "winograd_job.h"

#define BODY "winograd_body.h"
#include "both_widths.h"

static size_t up(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
// Floats from one thread's scratch to the next, whole lines and no power of two.
static size_t apart(size_t count) { return up(count, 1024) + 16; }

int floe_winograd_exists(struct floe_winograd s) {
  return CODE_FOR(s.block) && s.inputs % s.block == 0 && s.outputs % s.block == 0 && s.inputs > 0 &&
         s.outputs > 0 && s.images > 0 && s.height > 0 && s.width > 0;
}

// Bytes that one core may fill with what it works on.
static const size_t cache = 900 << 10;

static struct plan make_plan(struct floe_winograd s) {
  struct plan p;
  p.lanes = s.block;
  p.tiles_x = (s.width + 3) / 4;
  p.tiles_y = (s.height + 3) / 4;
  p.tiles = s.images * p.tiles_x * p.tiles_y;
  p.in_blocks = s.inputs / s.block;
  p.out_blocks = s.outputs / s.block;
  p.panels = (p.out_blocks + 1) / 2;
  p.tile_block = p.kernel_blocks = 0;
  // One line more, since points a power of two apart would share a few sets of the cache.
  p.weight_step = s.inputs * (p.out_blocks < 2 ? 1 : 2) * s.block + s.block;
  p.input_step = p.gradient_step = p.product_step = 0;
  return p;
}

static size_t panel_width(const struct plan *p) { return (p->out_blocks < 2 ? 1 : 2) * p->lanes; }

static void plan_forward(struct plan *p, struct floe_winograd s, int panels_outer, size_t *shared,
                         size_t *own) {
  size_t rows = s.block == 16 ? 14 : 6, row = panel_width(p);
  if (panels_outer) {
    size_t blocks = (p->tiles + 55) / 56;
    p->tile_block = (p->tiles + blocks - 1) / blocks;
    p->input_step = p->tiles * s.inputs + s.block;
    p->product_step = p->tile_block * row + s.block;
    p->kernel_blocks = p->in_blocks;
    // Kernels that fill the cache are taken in parts, if the sums of all tiles leave them room.
    size_t sums = 36 * sizeof(float) * p->tiles * row;
    if (36 * sizeof(float) * p->weight_step > cache && sums <= cache / 2) {
      p->kernel_blocks = cache / 3 * 2 / (36 * sizeof(float) * s.block * row);
      p->product_step = p->tiles * row + s.block;
      p->weight_step = p->kernel_blocks * s.block * row + s.block;
    }
    *shared = 36 * p->input_step;
    *own = 36 * (p->weight_step + p->product_step);
  } else {
    size_t kernels = p->panels * 36 * p->weight_step * sizeof(float);
    size_t left = kernels < cache / 4 * 3 ? cache - kernels : cache / 4 * 3;
    size_t tiles = left / (36 * sizeof(float) * (s.inputs + row)) / rows * rows;
    tiles = tiles < rows ? rows : tiles > 8 * rows ? 8 * rows : tiles;
    p->tile_block = smaller(tiles, up(p->tiles, rows));
    p->input_step = p->tile_block * s.inputs + s.block;
    p->product_step = p->tile_block * row + s.block;
    *shared = p->panels * 36 * p->weight_step;
    *own = 36 * (p->input_step + p->product_step);
  }
  *own = apart(*own);
  *shared = up(*shared, 16);
}

static size_t unit_count(const struct plan *p) { return 36 * p->lanes * 2 * p->lanes; }

static void plan_gradient(struct plan *p, struct floe_winograd s, int panels_outer, int threads,
                          size_t *shared, size_t *own) {
  size_t sums = p->in_blocks * p->panels * unit_count(p);
  size_t point = s.inputs + p->panels * 2 * s.block;
  if (panels_outer) {
    // Runs of tiles that stay in the outer cache; fewer and longer ones where the sums, which every
    // run reads and writes again, would be what leaves it.
    size_t sum_bytes = sums * sizeof(float);
    size_t run_bytes = sum_bytes > (32 << 20)  ? 96 << 20
                       : sum_bytes > (4 << 20) ? 48 << 20
                                               : 12 << 20;
    size_t largest = run_bytes / (36 * sizeof(float) * point);
    largest = largest < 64 ? 64 : largest;
    size_t blocks = (p->tiles + largest - 1) / largest;
    p->tile_block = (p->tiles + blocks - 1) / blocks;
    p->input_step = p->tile_block * s.inputs + s.block;
    p->gradient_step = p->tile_block * p->panels * 2 * s.block + s.block;
    *shared = 36 * (p->input_step + p->gradient_step);
    *own = blocks == 1 ? unit_count(p) : (sums + (size_t)threads - 1) / (size_t)threads;
  } else {
    size_t used = sums * sizeof(float);
    size_t left = used < cache / 2 ? cache - used : cache / 2;
    size_t tiles = left / (36 * sizeof(float) * point) / 8 * 8;
    tiles = tiles < 16 ? 16 : tiles > 128 ? 128 : tiles;
    p->tile_block = smaller(tiles, up(p->tiles, 8));
    p->input_step = p->tile_block * s.inputs + s.block;
    p->gradient_step = p->tile_block * p->panels * 2 * s.block + s.block;
    *shared = 0;
    *own = sums + 36 * (p->input_step + p->gradient_step);
  }
  *own = apart(*own);
  *shared = up(*shared, 16);
}

size_t floe_winograd_scratch(struct floe_winograd s, int is_weight_gradient, int panels_outer,
                             int threads) {
  struct plan p = make_plan(s);
  size_t shared, own;
  if (is_weight_gradient)
    plan_gradient(&p, s, panels_outer, threads, &shared, &own);
  else
    plan_forward(&p, s, panels_outer, &shared, &own);
  return shared + own * (size_t)threads;
}

void floe_winograd_forward(struct floe_planes out, struct floe_planes in, const float *weight,
                           int transposed, const float *bias, const float *residual, int relu,
                           struct floe_winograd s, int panels_outer, float *scratch) {
  const struct winograd_code *code = CODE_FOR(s.block);
  struct winograd_job job = {.s = s,
                             .plan = make_plan(s),
                             .in = in,
                             .out = out,
                             .weight = weight,
                             .bias = bias,
                             .residual = residual,
                             .transposed = transposed,
                             .relu = relu};
  size_t shared;
  plan_forward(&job.plan, s, panels_outer, &shared, &job.own_count);
  job.shared = scratch;
  job.own = scratch + shared;
  floe_parallel(panels_outer ? code->transform_inputs : code->transform_weights, &job);
  floe_parallel(panels_outer ? code->panels_outer : code->tiles_outer, &job);
}

void floe_winograd_weight_gradient(float *weight_gradient, struct floe_planes in,
                                   const float *gradient, struct floe_winograd s, int panels_outer,
                                   int threads, float *scratch) {
  const struct winograd_code *code = CODE_FOR(s.block);
  struct winograd_job job = {.s = s,
                             .plan = make_plan(s),
                             .in = in,
                             .gradient = gradient,
                             .weight_gradient = weight_gradient};
  size_t shared;
  plan_gradient(&job.plan, s, panels_outer, threads, &shared, &job.own_count);
  job.shared = scratch;
  job.own = scratch + shared;
  if (!panels_outer) {
    floe_parallel(code->gradient_tiles_outer, &job);
    floe_parallel(code->gradient_reduce, &job);
    return;
  }
  for (job.first_tile = 0; job.first_tile < job.plan.tiles; job.first_tile = job.last_tile) {
    job.last_tile = smaller(job.first_tile + job.plan.tile_block, job.plan.tiles);
    floe_parallel(code->transform_both, &job);
    floe_parallel(code->gradient_panels_outer, &job);
  }
}
