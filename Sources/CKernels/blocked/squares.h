// Convolutions whose 2x2 kernel moves by two: every pixel of the coarse map belongs to a square of
// the fine map and to nothing else, so that each pass is one matrix product that reads and writes
// the maps where they lie.
#include "lanes.h"
#include "product.h"

// Rows of the coarse map that are worked on together.
INLINE size_t NAME(group_rows)(const struct floe_squares *s) {
  size_t rows = 192 / s->width;
  return rows < 1 ? 1 : rows;
}
INLINE float *NAME(coarse_row)(const struct squares_job *job, size_t block, size_t row) {
  const struct floe_squares *s = &job->s;
  size_t image = row / s->height, y = row % s->height;
  return job->coarse + (((image * s->coarse / LANES + block) * s->height + y) * s->width) * LANES;
}
// The upper or lower of the two fine rows under a coarse one.
INLINE float *NAME(fine_row)(const struct squares_job *job, size_t block, size_t row, size_t dy) {
  const struct floe_squares *s = &job->s;
  size_t image = row / s->height, y = 2 * (row % s->height) + dy;
  return job->fine +
         (((image * s->fine / LANES + block) * 2 * s->height + y) * 2 * s->width) * LANES;
}

// ---- weights: plain [coarse][fine][2][2]

// For the fine map: [dy][dx][panel of fine][coarse][vectors * LANES].
static void NAME(pack_fine)(void *context, int thread, int threads) {
  const struct squares_job *job = context;
  size_t coarse = job->s.coarse, fine = job->s.fine;
  struct range r = share(coarse, 1, thread, threads);
  for (size_t i = r.begin; i < r.end; i++)
    for (size_t o = 0; o < fine; o++) {
      size_t panel = o / (2 * LANES), first = panel * 2 * LANES;
      size_t width = fine - first < 2 * LANES ? LANES : 2 * LANES;
      for (size_t tap = 0; tap < 4; tap++)
        job->packed[tap * coarse * fine + first * coarse + i * width + o - first] =
            job->weight[(i * fine + o) * 4 + tap];
    }
}

// For the coarse map: [panel of coarse][dy][block of fine][dx][LANES][vectors * LANES].
static void NAME(pack_coarse)(void *context, int thread, int threads) {
  const struct squares_job *job = context;
  size_t coarse = job->s.coarse, fine = job->s.fine;
  struct range r = share(coarse, 1, thread, threads);
  for (size_t i = r.begin; i < r.end; i++) {
    size_t first = i / (2 * LANES) * 2 * LANES;
    size_t width = coarse - first < 2 * LANES ? LANES : 2 * LANES;
    for (size_t o = 0; o < fine; o++)
      for (size_t dy = 0; dy < 2; dy++)
        for (size_t dx = 0; dx < 2; dx++) {
          size_t k = ((dy * (fine / LANES) + o / LANES) * 2 + dx) * LANES + o % LANES;
          job->packed[first * fine * 4 + k * width + i - first] =
              job->weight[(i * fine + o) * 4 + 2 * dy + dx];
        }
  }
}

// ---- coarse to fine

static void NAME(to_fine)(void *context, int thread, int threads) {
  const struct squares_job *job = context;
  const struct floe_squares *s = &job->s;
  size_t rows = s->images * s->height, group = NAME(group_rows)(s);
  size_t plane = s->height * s->width * LANES, fine_plane = 4 * plane;
  struct range r = share(rows, 1, thread, threads);
  for (size_t first = r.begin; first < r.end; first += group) {
    size_t last = first + group < r.end ? first + group : r.end;
    for (size_t tap = 0; tap < 4; tap++)
      for (size_t block = 0; block < s->fine / LANES; block += 2) {
        const float *b = job->packed + tap * s->coarse * s->fine + block * LANES * s->coarse;
        const float *start = job->bias ? job->bias + block * LANES : 0;
        for (size_t row = first; row < last; row++) {
          const float *a = NAME(coarse_row)(job, 0, row);
          float *c = NAME(fine_row)(job, block, row, tap / 2) + tap % 2 * LANES;
          if (s->fine / LANES - block < 2)
            NAME(product_run)(1, LANES, c, 2 * LANES, fine_plane, start, a, plane, b, s->width,
                              s->coarse / LANES, LANES, 0, NAME(as_it_is));
          else
            NAME(product_run)(2, LANES, c, 2 * LANES, fine_plane, start, a, plane, b, s->width,
                              s->coarse / LANES, LANES, 0, NAME(as_it_is));
        }
      }
  }
}

// ---- fine to coarse

static void NAME(to_coarse)(void *context, int thread, int threads) {
  const struct squares_job *job = context;
  const struct floe_squares *s = &job->s;
  size_t rows = s->images * s->height, group = NAME(group_rows)(s);
  size_t plane = s->height * s->width * LANES, fine_plane = 4 * plane;
  struct range r = share(rows, 1, thread, threads);
  for (size_t first = r.begin; first < r.end; first += group) {
    size_t last = first + group < r.end ? first + group : r.end;
    for (size_t block = 0; block < s->coarse / LANES; block += 2)
      for (size_t dy = 0; dy < 2; dy++) {
        size_t vectors = s->coarse / LANES - block < 2 ? 1 : 2;
        const float *b =
            job->packed + block * LANES * s->fine * 4 + dy * 2 * s->fine * vectors * LANES;
        const float *start = job->bias ? job->bias + block * LANES : 0;
        for (size_t row = first; row < last; row++) {
          // The two pixels of a square's row lie side by side.
          const float *a = NAME(fine_row)(job, 0, row, dy);
          float *c = NAME(coarse_row)(job, block, row);
          if (vectors == 1)
            NAME(product_run)(1, 2 * LANES, c, LANES, plane, start, a, fine_plane, b, s->width,
                              s->fine / LANES, 2 * LANES, dy > 0,
 NAME(as_it_is));
          else
            NAME(product_run)(2, 2 * LANES, c, LANES, plane, start, a, fine_plane, b, s->width,
                              s->fine / LANES, 2 * LANES, dy > 0,
 NAME(as_it_is));
        }
      }
  }
}

// ---- weight gradient: every thread sums up its rows
// sums: [block of coarse][block of fine][dy][LANES][dx][LANES]

static const size_t NAME(square_unit) = LANES * 2 * LANES;

static void NAME(sum_squares)(void *context, int thread, int threads) {
  struct squares_job *job = context;
  // The next phase may run on another number of threads (OMP_DYNAMIC).
  if (thread == 0) job->summing = threads;
  const struct floe_squares *s = &job->s;
  size_t rows = s->images * s->height, group = NAME(group_rows)(s);
  size_t coarse = s->coarse / LANES, fine = s->fine / LANES;
  const int lanes = LANES == 16 ? 8 : 4;
  float *sums = job->packed + (size_t)thread * coarse * fine * 2 * NAME(square_unit);
  struct range r = share(rows, 1, thread, threads);
  if (r.begin == r.end)
    for (size_t i = 0; i < coarse * fine * 2 * NAME(square_unit); i++) sums[i] = 0;
  for (size_t first = r.begin; first < r.end; first += group) {
    size_t last = first + group < r.end ? first + group : r.end;
    for (size_t unit = 0; unit < coarse * fine * 2; unit++) {
      size_t dy = unit % 2, fine_block = unit / 2 % fine, coarse_block = unit / 2 / fine;
      float *c = sums + unit * NAME(square_unit);
      for (size_t row = first; row < last; row++) {
        const float *a = NAME(coarse_row)(job, coarse_block, row);
        const float *b = NAME(fine_row)(job, fine_block, row, dy);
        for (int m = 0; m < LANES; m += lanes)
          NAME(product_tile)(lanes, 2, 1, LANES, c + (size_t)m * 2 * LANES, 2 * LANES, LANES, 0,
                             a + m, 0, b, 1, s->width, row != r.begin, NAME(as_it_is));
      }
    }
  }
}

static void NAME(write_squares)(void *context, int thread, int threads) {
  const struct squares_job *job = context;
  size_t coarse = job->s.coarse / LANES, fine = job->s.fine / LANES;
  size_t all = coarse * fine * 2 * NAME(square_unit);
  struct range r = share(coarse * fine * 2, 1, thread, threads);
  for (size_t unit = r.begin; unit < r.end; unit++) {
    size_t dy = unit % 2, fine_block = unit / 2 % fine, coarse_block = unit / 2 / fine;
    for (size_t i = 0; i < LANES; i++)
      for (size_t dx = 0; dx < 2; dx++)
        for (size_t o = 0; o < LANES; o++) {
          const float *sum = job->packed + unit * NAME(square_unit) + (i * 2 + dx) * LANES + o;
          float total = *sum;
          for (int other = 1; other < job->summing; other++) total += sum[(size_t)other * all];
          size_t weight = (coarse_block * LANES + i) * job->s.fine + fine_block * LANES + o;
          job->weight_gradient[weight * 4 + 2 * dy + dx] = total;
        }
  }
}

static const struct squares_code NAME(code) = {NAME(pack_fine),   NAME(pack_coarse),
                                               NAME(to_fine),     NAME(to_coarse),
                                               NAME(sum_squares), NAME(write_squares)};
