// Vectors of one width. Included by both_widths.h once for each instruction set, with
//   LANES   floats of a vector, and channels of a block
//   NAME(x) the name of x for this instruction set

typedef float NAME(vec) __attribute__((ext_vector_type(LANES)));
typedef float NAME(loose) __attribute__((ext_vector_type(LANES), aligned(4)));
#define VEC NAME(vec)
#define LOOSE NAME(loose)
#define INLINE static inline __attribute__((always_inline))
#define LOAD(pointer) (*(const VEC *)(pointer))

// A NaN passes through, so that a broken network is noticed at its loss.
INLINE VEC NAME(relu)(VEC value) { return value < 0 ? (VEC)0 : value; }

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
