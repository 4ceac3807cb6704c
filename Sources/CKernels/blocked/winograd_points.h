// F(4x4, 3x3): transforms of one tile. Points 0, ±1/sqrt 2, ±sqrt 2, infinity: their error is a
// third of that of 0, ±1, ±2, and the product of their squares is 1, which saves a multiplication.

#define POINT_A 0.70710678118654752f
#define POINT_B 1.41421356237309505f

// ---- one dimension

// B^T: six pixels to six points.
INLINE void NAME(points_of_input)(VEC out[6], VEC d0, VEC d1, VEC d2, VEC d3, VEC d4, VEC d5) {
  VEC even_a = d4 - 2.0f * d2, odd_a = d3 - 2.0f * d1;
  VEC even_b = d4 - 0.5f * d2, odd_b = d3 - 0.5f * d1;
  out[0] = (d0 + d4) - 2.5f * d2;
  out[1] = even_a + POINT_A * odd_a;
  out[2] = even_a - POINT_A * odd_a;
  out[3] = even_b + POINT_B * odd_b;
  out[4] = even_b - POINT_B * odd_b;
  out[5] = (d1 + d5) - 2.5f * d3;
}

// G: three taps to six points.
INLINE void NAME(points_of_taps)(VEC out[6], VEC g0, VEC g1, VEC g2) {
  // 1 / N: 1 at 0, -2/3 at ±a, 1/6 at ±b
  VEC even_a = (-2.0f / 3) * g0 + (-1.0f / 3) * g2, even_b = (1.0f / 6) * g0 + (1.0f / 3) * g2;
  out[0] = g0;
  out[1] = even_a + (-2.0f / 3 * POINT_A) * g1;
  out[2] = even_a - (-2.0f / 3 * POINT_A) * g1;
  out[3] = even_b + (1.0f / 6 * POINT_B) * g1;
  out[4] = even_b - (1.0f / 6 * POINT_B) * g1;
  out[5] = g2;
}

// A^T: six points to four pixels.
INLINE void NAME(pixels_of_points)(VEC out[4], VEC m0, VEC m1, VEC m2, VEC m3, VEC m4, VEC m5) {
  VEC sum_a = m1 + m2, difference_a = m1 - m2, sum_b = m3 + m4, difference_b = m3 - m4;
  out[0] = m0 + sum_a + sum_b;
  out[1] = POINT_A * difference_a + POINT_B * difference_b;
  out[2] = 0.5f * sum_a + 2.0f * sum_b;
  out[3] = m5 + (0.5f * POINT_A) * difference_a + (2.0f * POINT_B) * difference_b;
}

// A: a gradient at four pixels to six points.
INLINE void NAME(points_of_gradient)(VEC out[6], VEC y0, VEC y1, VEC y2, VEC y3) {
  VEC even_a = y0 + 0.5f * y2, odd_a = y1 + 0.5f * y3;
  VEC even_b = y0 + 2.0f * y2, odd_b = y1 + 2.0f * y3;
  out[0] = y0;
  out[1] = even_a + POINT_A * odd_a;
  out[2] = even_a - POINT_A * odd_a;
  out[3] = even_b + POINT_B * odd_b;
  out[4] = even_b - POINT_B * odd_b;
  out[5] = y3;
}

// G^T: a gradient at six points to three taps.
INLINE void NAME(taps_of_points)(VEC out[3], VEC u0, VEC u1, VEC u2, VEC u3, VEC u4, VEC u5) {
  VEC sum_a = u1 + u2, difference_a = u1 - u2, sum_b = u3 + u4, difference_b = u3 - u4;
  out[0] = u0 + (-2.0f / 3) * sum_a + (1.0f / 6) * sum_b;
  out[1] = (-2.0f / 3 * POINT_A) * difference_a + (1.0f / 6 * POINT_B) * difference_b;
  out[2] = u5 + (-1.0f / 3) * sum_a + (1.0f / 3) * sum_b;
}

// ---- two dimensions

// out[36], `stride` floats apart, of six rows of six pixels.
INLINE void NAME(input_tile)(float *out, size_t stride, const float *in, size_t row) {
  VEC t[6][6];
#pragma clang loop unroll(full)
  for (int x = 0; x < 6; x++) {
    VEC column[6];
    const float *p = in + x * LANES;
    NAME(points_of_input)(column, LOAD(p), LOAD(p + row), LOAD(p + 2 * row), LOAD(p + 3 * row),
                          LOAD(p + 4 * row), LOAD(p + 5 * row));
#pragma clang loop unroll(full)
    for (int e = 0; e < 6; e++) t[e][x] = column[e];
  }
#pragma clang loop unroll(full)
  for (int e = 0; e < 6; e++) {
    VEC points[6];
    NAME(points_of_input)(points, t[e][0], t[e][1], t[e][2], t[e][3], t[e][4], t[e][5]);
#pragma clang loop unroll(full)
    for (int f = 0; f < 6; f++) *(VEC *)(out + (size_t)(6 * e + f) * stride) = points[f];
  }
}

INLINE void NAME(gradient_tile)(float *out, size_t stride, const float *in, size_t row) {
  VEC t[6][4];
#pragma clang loop unroll(full)
  for (int x = 0; x < 4; x++) {
    VEC column[6];
    const float *p = in + x * LANES;
    NAME(points_of_gradient)(column, LOAD(p), LOAD(p + row), LOAD(p + 2 * row), LOAD(p + 3 * row));
#pragma clang loop unroll(full)
    for (int e = 0; e < 6; e++) t[e][x] = column[e];
  }
#pragma clang loop unroll(full)
  for (int e = 0; e < 6; e++) {
    VEC points[6];
    NAME(points_of_gradient)(points, t[e][0], t[e][1], t[e][2], t[e][3]);
#pragma clang loop unroll(full)
    for (int f = 0; f < 6; f++) *(VEC *)(out + (size_t)(6 * e + f) * stride) = points[f];
  }
}

// out[16] of points `stride` floats apart.
INLINE void NAME(output_tile)(VEC out[16], const float *points, size_t stride) {
  VEC t[4][6];
#pragma clang loop unroll(full)
  for (int f = 0; f < 6; f++) {
    VEC column[4];
    const float *p = points + (size_t)f * stride;
    NAME(pixels_of_points)(column, LOAD(p), LOAD(p + 6 * stride), LOAD(p + 12 * stride),
                           LOAD(p + 18 * stride), LOAD(p + 24 * stride), LOAD(p + 30 * stride));
#pragma clang loop unroll(full)
    for (int y = 0; y < 4; y++) t[y][f] = column[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 4; y++)
    NAME(pixels_of_points)(out + 4 * y, t[y][0], t[y][1], t[y][2], t[y][3], t[y][4], t[y][5]);
}

// Points `stride` floats apart of nine taps.
INLINE void NAME(weight_tile)(float *out, size_t stride, const VEC taps[9]) {
  VEC t[6][3];
#pragma clang loop unroll(full)
  for (int x = 0; x < 3; x++) {
    VEC column[6];
    NAME(points_of_taps)(column, taps[x], taps[3 + x], taps[6 + x]);
#pragma clang loop unroll(full)
    for (int e = 0; e < 6; e++) t[e][x] = column[e];
  }
#pragma clang loop unroll(full)
  for (int e = 0; e < 6; e++) {
    VEC points[6];
    NAME(points_of_taps)(points, t[e][0], t[e][1], t[e][2]);
#pragma clang loop unroll(full)
    for (int f = 0; f < 6; f++) *(VEC *)(out + (size_t)(6 * e + f) * stride) = points[f];
  }
}

INLINE void NAME(weight_gradient_tile)(VEC taps[9], const float *points, size_t stride) {
  VEC t[3][6];
#pragma clang loop unroll(full)
  for (int f = 0; f < 6; f++) {
    VEC column[3];
    const float *p = points + (size_t)f * stride;
    NAME(taps_of_points)(column, LOAD(p), LOAD(p + 6 * stride), LOAD(p + 12 * stride),
                         LOAD(p + 18 * stride), LOAD(p + 24 * stride), LOAD(p + 30 * stride));
#pragma clang loop unroll(full)
    for (int y = 0; y < 3; y++) t[y][f] = column[y];
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 3; y++)
    NAME(taps_of_points)(taps + 3 * y, t[y][0], t[y][1], t[y][2], t[y][3], t[y][4], t[y][5]);
}
