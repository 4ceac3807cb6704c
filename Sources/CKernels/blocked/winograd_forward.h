// Forward pass and input gradient: the gradient is a convolution with the kernel turned around and
// its channels exchanged (`transposed`).

// The block of a tensor that may lie in two parts, image by image.
INLINE float *NAME(plane)(struct floe_planes planes, size_t image, size_t block, size_t pixels) {
  int part = block >= planes.blocks[0];
  return planes.data[part] +
         (image * planes.blocks[part] + block - (part ? planes.blocks[0] : 0)) * pixels * LANES;
}

// Points of `count` tiles from `first` on of one channel block.
static void NAME(transform_tiles)(const struct winograd_job *job, size_t block, size_t first,
                                  size_t count, float *out, size_t step) {
  const struct plan *plan = &job->plan;
  size_t height = job->s.height, width = job->s.width, row = width * LANES;
  for (size_t t = first; t < first + count; t++, out += LANES) {
    struct tile tile = tile_at(plan, t);
    size_t image = tile.image, y = tile.y, x = tile.x;
    const float *in = NAME(plane)(job->in, image, block, height * width);
    if (y > 0 && x > 0 && y + 5 <= height && x + 5 <= width) {
      NAME(input_tile)(out, step, in + (y - 1) * row + (x - 1) * LANES, row);
      continue;
    }
    VEC padded[36];
    for (size_t dy = 0; dy < 6; dy++)
      for (size_t dx = 0; dx < 6; dx++) {
        size_t sy = y + dy - 1, sx = x + dx - 1;
        padded[6 * dy + dx] = sy < height && sx < width ? LOAD(in + sy * row + sx * LANES) : (VEC)0;
      }
    NAME(input_tile)(out, step, (const float *)padded, 6 * LANES);
  }
}

// Points of LANES x LANES kernels: out[inputs][.. `row` floats apart] over output lanes.
static void NAME(transform_kernels)(const struct winograd_job *job, size_t in_block,
                                    size_t out_block, float *out, size_t row, size_t step) {
  VEC taps[LANES * 9], turned[LANES * 9];
  size_t rows_block = job->transposed ? in_block : out_block;
  size_t columns_block = job->transposed ? out_block : in_block;
  size_t columns = (job->transposed ? job->plan.out_blocks : job->plan.in_blocks) * LANES;
  const float *weight = job->weight + (rows_block * LANES * columns + columns_block * LANES) * 9;
  for (int j = 0; j < 9; j++) {
    VEC r[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++)
      r[i] = *(const LOOSE *)(weight + (size_t)i * columns * 9 + (size_t)j * LANES);
    NAME(transpose)(r);
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) taps[j * LANES + i] = r[i];
  }
  if (job->transposed) {
    for (int tap = 0; tap < 9; tap++) {
      VEC r[LANES];
#pragma clang loop unroll(full)
      for (int i = 0; i < LANES; i++) r[i] = taps[i * 9 + tap];
      NAME(transpose)(r);
#pragma clang loop unroll(full)
      for (int i = 0; i < LANES; i++) turned[i * 9 + 8 - tap] = r[i];
    }
  }
  for (int i = 0; i < LANES; i++)
    NAME(weight_tile)(out + (size_t)i * row, step, (job->transposed ? turned : taps) + 9 * i);
}

// Pixels of `count` tiles of one output block; points lie `row` floats apart from tile to tile.
static void NAME(write_tiles)(const struct winograd_job *job, size_t block, size_t first,
                              size_t count, const float *points, size_t row, size_t step) {
  const struct plan *plan = &job->plan;
  size_t height = job->s.height, width = job->s.width;
  VEC bias = job->bias ? *(const LOOSE *)(job->bias + block * LANES) : (VEC)0;
  for (size_t t = first; t < first + count; t++, points += row) {
    struct tile tile = tile_at(plan, t);
    size_t image = tile.image, y = tile.y, x = tile.x;
    size_t rows = height - y < 4 ? height - y : 4, columns = width - x < 4 ? width - x : 4;
    float *out = NAME(plane)(job->out, image, block, height * width) + (y * width + x) * LANES;
    const float *residual =
        job->residual
            ? job->residual +
                  ((image * plan->out_blocks + block) * height * width + y * width + x) * LANES
            : 0;
    VEC pixels[16];
    NAME(output_tile)(pixels, points, step);
    for (size_t dy = 0; dy < rows; dy++)
      for (size_t dx = 0; dx < columns; dx++) {
        VEC value = pixels[4 * dy + dx] + bias;
        if (residual) value += LOAD(residual + (dy * width + dx) * LANES);
        if (job->relu) value = NAME(relu)(value);
        *(VEC *)(out + (dy * width + dx) * LANES) = value;
      }
  }
}

INLINE size_t NAME(vectors)(const struct plan *plan, size_t panel) {
  return plan->out_blocks - 2 * panel < 2 ? 1 : 2;
}

// Block `in_block` of a panel's kernels, to `out`.
static void NAME(panel_of_kernels)(const struct winograd_job *job, size_t panel, size_t in_block,
                                   float *out) {
  size_t vectors = NAME(vectors)(&job->plan, panel), row = vectors * LANES;
  for (size_t v = 0; v < vectors; v++)
    NAME(transform_kernels)(job, in_block, 2 * panel + v, out + v * LANES, row,
                            job->plan.weight_step);
}

// Points of `count` tiles (+)= `blocks` blocks of inputs, which lie `tiles` tiles apart, times kernels.
static void NAME(multiply_panel)(const struct winograd_job *job, size_t panel, size_t count,
                                 const float *input, size_t tiles, const float *kernels,
                                 size_t blocks, float *points, int accumulate) {
  const struct plan *plan = &job->plan;
  for (int e = 0; e < 36; e++) {
    const float *a = input + (size_t)e * plan->input_step,
                *b = kernels + (size_t)e * plan->weight_step;
    float *c = points + (size_t)e * plan->product_step;
    if (NAME(vectors)(plan, panel) == 2)
      NAME(product_2)(c, a, b, count, tiles, blocks, accumulate);
    else
      NAME(product_1)(c, a, b, count, tiles, blocks, accumulate);
  }
}

static void NAME(write_panel)(const struct winograd_job *job, size_t panel, size_t first,
                              size_t count, const float *points) {
  size_t vectors = NAME(vectors)(&job->plan, panel);
  for (size_t v = 0; v < vectors; v++)
    NAME(write_tiles)(job, 2 * panel + v, first, count, points + v * LANES, vectors * LANES,
                      job->plan.product_step);
}

// ---- many tiles, few channels: every thread takes its tiles through all channels

static void NAME(transform_weights)(void *context, int thread, int threads) {
  const struct winograd_job *job = context;
  const struct plan *plan = &job->plan;
  struct range r = share(plan->panels * plan->in_blocks, 1, thread, threads);
  for (size_t i = r.begin; i < r.end; i++) {
    size_t panel = i / plan->in_blocks, block = i % plan->in_blocks;
    NAME(panel_of_kernels)(job, panel, block,
                           job->shared + panel * 36 * plan->weight_step +
                               block * LANES * NAME(vectors)(plan, panel) * LANES);
  }
}

static void NAME(tiles_outer)(void *context, int thread, int threads) {
  const struct winograd_job *job = context;
  const struct plan *plan = &job->plan;
  float *input = job->own + (size_t)thread * job->own_count;
  float *points = input + 36 * plan->input_step;
  struct range r = share(plan->tiles, plan->tile_block, thread, threads);
  for (size_t first = r.begin; first < r.end; first += plan->tile_block) {
    size_t count = smaller(plan->tile_block, r.end - first);
    for (size_t block = 0; block < plan->in_blocks; block++)
      NAME(transform_tiles)(job, block, first, count, input + block * plan->tile_block * LANES,
                            plan->input_step);
    for (size_t panel = 0; panel < plan->panels; panel++) {
      NAME(multiply_panel)(job, panel, count, input, plan->tile_block,
                           job->shared + panel * 36 * plan->weight_step, plan->in_blocks, points,
                           0);
      NAME(write_panel)(job, panel, first, count, points);
    }
  }
}

// ---- few tiles, many channels: every thread takes its panels through all tiles

static void NAME(transform_inputs)(void *context, int thread, int threads) {
  const struct winograd_job *job = context;
  const struct plan *plan = &job->plan;
  size_t piece = 8, pieces = (plan->tiles + piece - 1) / piece;
  struct range r = share(pieces * plan->in_blocks, 1, thread, threads);
  for (size_t i = r.begin; i < r.end; i++) {
    size_t block = i / pieces, first = i % pieces * piece;
    size_t count = smaller(piece, plan->tiles - first);
    NAME(transform_tiles)(job, block, first, count,
                          job->shared + (block * plan->tiles + first) * LANES, plan->input_step);
  }
}

static void NAME(panels_outer)(void *context, int thread, int threads) {
  const struct winograd_job *job = context;
  const struct plan *plan = &job->plan;
  float *kernels = job->own + (size_t)thread * job->own_count;
  float *points = kernels + 36 * plan->weight_step;
  struct range r = share(plan->panels, 1, thread, threads);
  for (size_t panel = r.begin; panel < r.end; panel++) {
    size_t vectors = NAME(vectors)(plan, panel);
    for (size_t block = 0; block < plan->in_blocks; block += plan->kernel_blocks) {
      size_t blocks = smaller(plan->kernel_blocks, plan->in_blocks - block);
      int is_last = block + blocks == plan->in_blocks;
      for (size_t b = 0; b < blocks; b++)
        NAME(panel_of_kernels)(job, panel, block + b, kernels + b * LANES * vectors * LANES);
      for (size_t first = 0; first < plan->tiles; first += plan->tile_block) {
        size_t count = smaller(plan->tile_block, plan->tiles - first);
        const float *input = job->shared + (block * plan->tiles + first) * LANES;
        // Sums that have to wait for further kernels lie side by side.
        float *sums = points + (plan->kernel_blocks < plan->in_blocks ? first * vectors * LANES : 0);
        NAME(multiply_panel)(job, panel, count, input, plan->tiles, kernels, blocks, sums,
                             block > 0);
        if (is_last) NAME(write_panel)(job, panel, first, count, sums);
      }
    }
  }
}
