// Weight gradient: for every point, the outer product of transformed inputs and gradients, summed
// over the tiles. Sums are taken in the order of the tiles, and over threads in the order of
// threads.

static void NAME(transform_gradients)(const struct winograd_job *job, size_t block, size_t first,
                                      size_t count, float *out, size_t row, size_t step) {
  const struct plan *plan = &job->plan;
  size_t height = job->s.height, width = job->s.width, line = width * LANES;
  for (size_t t = first; t < first + count; t++, out += row) {
    struct tile tile = tile_at(plan, t);
    size_t image = tile.image, y = tile.y, x = tile.x;
    const float *in = job->gradient +
                      ((image * plan->out_blocks + block) * height * width + y * width + x) * LANES;
    if (y + 4 <= height && x + 4 <= width) {
      NAME(gradient_tile)(out, step, in, line);
      continue;
    }
    VEC padded[16];
    for (size_t dy = 0; dy < 4; dy++)
      for (size_t dx = 0; dx < 4; dx++)
        padded[4 * dy + dx] =
            y + dy < height && x + dx < width ? LOAD(in + dy * line + dx * LANES) : (VEC)0;
    NAME(gradient_tile)(out, step, (const float *)padded, 4 * LANES);
  }
}

static void NAME(transform_gradient_panels)(const struct winograd_job *job, size_t block,
                                            size_t first, size_t count, float *out, size_t tiles) {
  size_t panel = block / 2, vectors = NAME(vectors)(&job->plan, panel);
  NAME(transform_gradients)(job, block, first, count,
                            out + panel * 2 * LANES * tiles + block % 2 * LANES, vectors * LANES,
                            job->plan.gradient_step);
}

// One unit: LANES inputs times a panel of outputs at all points, [36][LANES][vectors * LANES].
static const size_t NAME(unit) = 36 * LANES * 2 * LANES;

static void NAME(multiply_unit)(const struct winograd_job *job, size_t in_block, size_t panel,
                                const float *input, const float *gradient, size_t tiles,
                                size_t count, float *sums, int accumulate) {
  const struct plan *plan = &job->plan;
  size_t vectors = NAME(vectors)(plan, panel);
  for (int e = 0; e < 36; e++) {
    const float *a = input + (size_t)e * plan->input_step + in_block * tiles * LANES;
    const float *b = gradient + (size_t)e * plan->gradient_step + panel * 2 * LANES * tiles;
    float *c = sums + (size_t)e * LANES * vectors * LANES;
    if (vectors == 2)
      NAME(outer_product_2)(c, a, b, count, accumulate);
    else
      NAME(outer_product_1)(c, a, b, count, accumulate);
  }
}

// Nine taps of a unit's weights, into the plain gradient [outputs][inputs][3][3].
static void NAME(write_unit)(const struct winograd_job *job, size_t in_block, size_t panel,
                             const float *sums) {
  size_t inputs = job->plan.in_blocks * LANES, vectors = NAME(vectors)(&job->plan, panel);
  for (size_t v = 0; v < vectors; v++) {
    VEC taps[LANES * 9];
    for (int i = 0; i < LANES; i++)
      NAME(weight_gradient_tile)(taps + 9 * i, sums + (i * vectors + v) * LANES,
                                 LANES * vectors * LANES);
    float *out = job->weight_gradient + ((2 * panel + v) * LANES * inputs + in_block * LANES) * 9;
    for (int j = 0; j < 9; j++) {
      VEC r[LANES];
#pragma clang loop unroll(full)
      for (int i = 0; i < LANES; i++) r[i] = taps[j * LANES + i];
      NAME(transpose)(r);
#pragma clang loop unroll(full)
      for (int i = 0; i < LANES; i++)
        *(LOOSE *)(out + (size_t)i * inputs * 9 + (size_t)j * LANES) = r[i];
    }
  }
}

// ---- many tiles, few channels: every thread sums up its own tiles

static void NAME(gradient_tiles_outer)(void *context, int thread, int threads) {
  struct winograd_job *job = context;
  // The next phase may run on another number of threads (OMP_DYNAMIC).
  if (thread == 0) job->summing = threads;
  const struct plan *plan = &job->plan;
  float *sums = job->own + (size_t)thread * job->own_count;
  float *input = sums + plan->in_blocks * plan->panels * NAME(unit);
  float *gradient = input + 36 * plan->input_step;
  struct range r = share(plan->tiles, plan->tile_block, thread, threads);
  if (r.begin == r.end)
    for (size_t i = 0; i < plan->in_blocks * plan->panels * NAME(unit); i++) sums[i] = 0;
  for (size_t first = r.begin; first < r.end; first += plan->tile_block) {
    size_t count = r.end - first < plan->tile_block ? r.end - first : plan->tile_block;
    for (size_t block = 0; block < plan->in_blocks; block++)
      NAME(transform_tiles)(job, block, first, count, input + block * plan->tile_block * LANES,
                            plan->input_step);
    for (size_t block = 0; block < plan->out_blocks; block++)
      NAME(transform_gradient_panels)(job, block, first, count, gradient, plan->tile_block);
    for (size_t block = 0; block < plan->in_blocks; block++)
      for (size_t panel = 0; panel < plan->panels; panel++)
        NAME(multiply_unit)(job, block, panel, input, gradient, plan->tile_block, count,
                            sums + (block * plan->panels + panel) * NAME(unit), first != r.begin);
  }
}

static void NAME(gradient_reduce)(void *context, int thread, int threads) {
  const struct winograd_job *job = context;
  const struct plan *plan = &job->plan;
  struct range r = share(plan->in_blocks * plan->panels, 1, thread, threads);
  for (size_t unit = r.begin; unit < r.end; unit++) {
    float *sums = job->own + unit * NAME(unit);
    for (int other = 1; other < job->summing; other++) {
      const float *more = sums + (size_t)other * job->own_count;
      size_t used = 36 * LANES * NAME(vectors)(plan, unit % plan->panels) * LANES;
      for (size_t i = 0; i < used; i += LANES) *(VEC *)(sums + i) += LOAD(more + i);
    }
    NAME(write_unit)(job, unit / plan->panels, unit % plan->panels, sums);
  }
}

// ---- many channels: all threads transform a run of tiles, then each sums up its units

static void NAME(transform_both)(void *context, int thread, int threads) {
  const struct winograd_job *job = context;
  const struct plan *plan = &job->plan;
  size_t tiles = job->last_tile - job->first_tile, piece = 8, pieces = (tiles + piece - 1) / piece;
  float *gradient = job->shared + 36 * plan->input_step;
  struct range r = share(pieces * (plan->in_blocks + plan->out_blocks), 1, thread, threads);
  for (size_t i = r.begin; i < r.end; i++) {
    size_t block = i / pieces, first = i % pieces * piece;
    size_t count = tiles - first < piece ? tiles - first : piece;
    if (block < plan->in_blocks) {
      NAME(transform_tiles)(job, block, job->first_tile + first, count,
                            job->shared + (block * plan->tile_block + first) * LANES,
                            plan->input_step);
    } else {
      block -= plan->in_blocks;
      size_t row = NAME(vectors)(plan, block / 2) * LANES;
      NAME(transform_gradient_panels)(job, block, job->first_tile + first, count,
                                      gradient + first * row, plan->tile_block);
    }
  }
}

static void NAME(gradient_panels_outer)(void *context, int thread, int threads) {
  const struct winograd_job *job = context;
  const struct plan *plan = &job->plan;
  const float *gradient = job->shared + 36 * plan->input_step;
  int is_last = job->last_tile == plan->tiles, is_only = is_last && job->first_tile == 0;
  struct range r = share(plan->in_blocks * plan->panels, 1, thread, threads);
  for (size_t unit = r.begin; unit < r.end; unit++) {
    size_t block = unit / plan->panels, panel = unit % plan->panels;
    float *sums =
        is_only ? job->own + (size_t)thread * job->own_count : job->own + unit * NAME(unit);
    NAME(multiply_unit)(job, block, panel, job->shared, gradient, plan->tile_block,
                        job->last_tile - job->first_tile, sums, job->first_tile > 0);
    if (is_last) NAME(write_unit)(job, block, panel, sums);
  }
}
