// Includes BODY for AVX-512 and for AVX2, with all that it builds on.

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))),        \
                             apply_to = function)
#define LANES 16
#define NAME(x) x##_16
#include BODY
#pragma clang attribute pop
#undef LANES
#undef NAME
#undef VEC
#undef LOOSE
#undef INLINE
#undef LOAD
#undef LARGEST_ROWS
#undef POINT_A
#undef POINT_B
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define NAME(x) x##_8
#include BODY
#pragma clang attribute pop

// The code for blocks of this many channels, or null where the processor lacks the vectors.
#define CODE_FOR(block)                                                                            \
  ((block) == 16 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&     \
           __builtin_cpu_supports("avx512vl")                                                      \
       ? &code_16                                                                                  \
   : (block) == 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &code_8     \
                                                                                     : 0)
#else
#define CODE_FOR(block) 0
#endif
