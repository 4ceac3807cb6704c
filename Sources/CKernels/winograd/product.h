// The matrix product of the points: c[m][n] (+)= sum over k of a(m, k) b[k][n].

#if LANES == 16
#define LARGEST_ROWS 14
#else
#define LARGEST_ROWS 6
#endif

// `rows` x `vectors` of c stay in registers. a(m, k) lies at a[m * step_m + k * step_k] for the
// `inner` values of k of one block, and `outer` blocks lie `a_block` apart; b is one run of rows.
INLINE void NAME(product_tile)(const int rows, const int vectors, const size_t step_m,
                               const size_t step_k, float *c, size_t c_row, const float *a,
                               size_t a_block, const float *b, size_t outer, size_t inner,
                               int accumulate) {
  VEC sum[LARGEST_ROWS][2];
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      sum[m][v] = accumulate ? LOAD(c + (size_t)m * c_row + v * LANES) : (VEC)0;
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
#pragma clang loop unroll(full)
  for (int m = 0; m < rows; m++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) *(VEC *)(c + (size_t)m * c_row + v * LANES) = sum[m][v];
}

// c[tiles][vectors * LANES] = sum over channels of a[blocks][stride][LANES] b[channels][...]
#define ROWS(n)                                                                                    \
  case n:                                                                                          \
    NAME(product_tile)(n, vectors, LANES, 1, c, (size_t)vectors * LANES, a, stride * LANES, b,     \
                       blocks, LANES, 0);                                                          \
    break;
INLINE void NAME(product)(const int vectors, float *c, const float *a, const float *b, size_t tiles,
                          size_t stride, size_t blocks) {
  size_t pieces = (tiles + LARGEST_ROWS - 1) / LARGEST_ROWS;
  size_t done = 0;
  const float *first = a;
  for (size_t piece = 0; piece < pieces; piece++) {
    size_t rows = (tiles - done) / (pieces - piece);
    a = first + done * LANES;
    switch (rows) {
      ROWS(1)
      ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6)
#if LARGEST_ROWS > 6
          ROWS(7) ROWS(8) ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14)
#endif
    }
    c += rows * vectors * LANES;
    done += rows;
  }
}
#undef ROWS
static void NAME(product_1)(float *c, const float *a, const float *b, size_t tiles, size_t stride,
                            size_t blocks) {
  NAME(product)(1, c, a, b, tiles, stride, blocks);
}
static void NAME(product_2)(float *c, const float *a, const float *b, size_t tiles, size_t stride,
                            size_t blocks) {
  NAME(product)(2, c, a, b, tiles, stride, blocks);
}

// c[LANES][vectors * LANES] (+)= sum over tiles of a[tiles][LANES] b[tiles][...]
INLINE void NAME(outer_product)(const int vectors, float *c, const float *a, const float *b,
                                size_t tiles, int accumulate) {
  const int rows = LANES == 16 ? 8 : 4;
  for (int m = 0; m < LANES; m += rows)
    NAME(product_tile)(rows, vectors, 1, LANES, c + (size_t)m * vectors * LANES,
                       (size_t)vectors * LANES, a + m, 0, b, 1, tiles, accumulate);
}
static void NAME(outer_product_1)(float *c, const float *a, const float *b, size_t tiles,
                                  int accumulate) {
  NAME(outer_product)(1, c, a, b, tiles, accumulate);
}
static void NAME(outer_product_2)(float *c, const float *a, const float *b, size_t tiles,
                                  int accumulate) {
  NAME(outer_product)(2, c, a, b, tiles, accumulate);
}

// ---- transposing LANES x LANES

#define SWAP(i, j, low, high)                                                                      \
  {                                                                                                \
    VEC x = r[i], y = r[j];                                                                        \
    r[i] = __builtin_shufflevector(x, y, low);                                                     \
    r[j] = __builtin_shufflevector(x, y, high);                                                    \
  }
#if LANES == 16
#define LOW8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define LOW4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#else
#define LOW4 0, 1, 2, 3, 8, 9, 10, 11
#define HIGH4 4, 5, 6, 7, 12, 13, 14, 15
#define LOW2 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH2 2, 3, 10, 11, 6, 7, 14, 15
#define LOW1 0, 8, 2, 10, 4, 12, 6, 14
#define HIGH1 1, 9, 3, 11, 5, 13, 7, 15
#endif

INLINE void NAME(transpose)(VEC r[LANES]) {
#if LANES == 16
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) SWAP(i, i + 8, LOW8, HIGH8)
#endif
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++)
    if (!(i & 4)) SWAP(i, i + 4, LOW4, HIGH4)
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++)
    if (!(i & 2)) SWAP(i, i + 2, LOW2, HIGH2)
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++)
    if (!(i & 1)) SWAP(i, i + 1, LOW1, HIGH1)
}
#undef SWAP
#undef LOW8
#undef HIGH8
#undef LOW4
#undef HIGH4
#undef LOW2
#undef HIGH2
#undef LOW1
#undef HIGH1
