// The matrix product inside all blocked convolutions: c[m][n] (+)= sum over k of a(m, k) b[k][n].

#if LANES == 16
#define LARGEST_ROWS 14
#else
#define LARGEST_ROWS 6
#endif

// What becomes of the sums before they are written: what lies at `residual`, in the order of c, is
// added (null: nothing), then ReLU.
struct NAME(finish) {
  const float *residual;
  int relu;
};
static const struct NAME(finish) NAME(as_it_is) = {0, 0};

// `rows` x `vectors` of c stay in registers; its vectors lie `c_vector` apart and start from
// `start` (null: zeros), or from what c holds where `accumulate` is set. a(m, k) lies at a[m *
// step_m + k * step_k] for the `inner` values of k of one block, and `outer` blocks lie `a_block`
// apart; b is one run of rows.
INLINE void NAME(product_tile)(const int rows, const int vectors, const size_t step_m,
                               const size_t step_k, float *c, size_t c_row, size_t c_vector,
                               const float *start, const float *a, size_t a_block, const float *b,
                               size_t outer, size_t inner, int accumulate,
                               struct NAME(finish) finish) {
  VEC sum[LARGEST_ROWS][2];
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      sum[m][v] = accumulate ? LOAD(c + (size_t)m * c_row + (size_t)v * c_vector)
                  : start    ? *(const LOOSE *)(start + v * LANES)
                             : (VEC)0;
  for (size_t block = 0; block < outer; block++) {
    const float *p = a + block * a_block;
#pragma clang loop unroll_count(2)
    for (size_t k = 0; k < inner; k++) {
      VEC column[2];
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++) column[v] = LOAD(b + v * LANES);
#pragma clang loop unroll(full)
      for (int m = 0; m < rows; m++) {
        VEC value = p[(size_t)m * step_m];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sum[m][v] += value * column[v];
      }
      p += step_k;
      b += vectors * LANES;
    }
  }
  if (finish.residual) {
#pragma clang loop unroll(full)
    for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        sum[m][v] += LOAD(finish.residual + (size_t)m * c_row + (size_t)v * c_vector);
  }
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      *(VEC *)(c + (size_t)m * c_row + (size_t)v * c_vector) =
          finish.relu ? NAME(relu)(sum[m][v]) : sum[m][v];
}

// One run of pixels: c[pixels] (+)= sum over blocks of a[blocks][pixels][inner] b[blocks][inner];
// pixels of a lie `step` apart, those of c `c_row`.
#define ROWS(n)                                                                                    \
  case n:                                                                                          \
    NAME(product_tile)(n, vectors, step, 1, c, c_row, c_vector, start, p, a_block, b, blocks,      \
                       inner, accumulate, finish);                                                 \
    break;
INLINE void NAME(product_run)(const int vectors, const size_t step, float *c, size_t c_row,
                              size_t c_vector, const float *start, const float *a, size_t a_block,
                              const float *b, size_t pixels, size_t blocks, size_t inner,
                              int accumulate, struct NAME(finish) finish) {
  size_t pieces = (pixels + LARGEST_ROWS - 1) / LARGEST_ROWS;
  size_t done = 0;
  for (size_t piece = 0; piece < pieces; piece++) {
    size_t rows = (pixels - done) / (pieces - piece);
    const float *p = a + done * step;
    switch (rows) {
      ROWS(1)
      ROWS(2)
      ROWS(3)
      ROWS(4) ROWS(5) ROWS(6)
#if LARGEST_ROWS > 6
          ROWS(7) ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14)
#endif
    }
    c += rows * c_row;
    if (finish.residual) finish.residual += rows * c_row;
    done += rows;
  }
}
#undef ROWS

// c[tiles][vectors * LANES] (+)= sum over channels of a[blocks][stride][LANES] b[channels][...]
INLINE void NAME(product)(const int vectors, float *c, const float *a, const float *b, size_t tiles,
                          size_t stride, size_t blocks, int accumulate) {
  NAME(product_run)(vectors, LANES, c, (size_t)vectors * LANES, LANES, 0, a, stride * LANES, b,
                    tiles, blocks, LANES, accumulate, NAME(as_it_is));
}
static void NAME(product_1)(float *c, const float *a, const float *b, size_t tiles, size_t stride,
                            size_t blocks, int accumulate) {
  NAME(product)(1, c, a, b, tiles, stride, blocks, accumulate);
}
static void NAME(product_2)(float *c, const float *a, const float *b, size_t tiles, size_t stride,
                            size_t blocks, int accumulate) {
  NAME(product)(2, c, a, b, tiles, stride, blocks, accumulate);
}

// c[LANES][vectors * LANES] (+)= sum over tiles of a[tiles][LANES] b[tiles][...]
INLINE void NAME(outer_product)(const int vectors, float *c, const float *a, const float *b,
                                size_t tiles, int accumulate) {
  const int rows = LANES == 16 ? 8 : 4;
  for (int m = 0; m < LANES; m += rows)
    NAME(product_tile)(rows, vectors, 1, LANES, c + (size_t)m * vectors * LANES,
                       (size_t)vectors * LANES, LANES, 0, a + m, 0, b, 1, tiles, accumulate,
                       NAME(as_it_is));
}
static void NAME(outer_product_1)(float *c, const float *a, const float *b, size_t tiles,
                                  int accumulate) {
  NAME(outer_product)(1, c, a, b, tiles, accumulate);
}
static void NAME(outer_product_2)(float *c, const float *a, const float *b, size_t tiles,
                                  int accumulate) {
  NAME(outer_product)(2, c, a, b, tiles, accumulate);
}
