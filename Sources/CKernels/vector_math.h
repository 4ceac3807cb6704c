#ifndef FLOE_VECTOR_MATH_H
#define FLOE_VECTOR_MATH_H
#include <stdint.h>
#include <string.h>

// Elementary functions that the compiler can put into vectors; all let NaN through.

static inline float from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
static inline uint32_t to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// e^x for x <= 0, to 2 units in the last place; below -87 the smallest normal number.
static inline float exp_of_negative(float x) {
  x = x < -87.0f ? -87.0f : x;
  // Adding 1.5 * 2^23 rounds to an integer that then stands in the lowest bits.
  float shifted = x * 1.44269504088896341f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = x - n * 0.693145751953125f - n * 1.428606765330187e-6f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return p * from_bits((to_bits(shifted) << 23) + 0x3F800000u);
}

// log(1 + p) for 0 <= p <= 1, by the series of 2 artanh(p / (2 + p)).
static inline float log_of_one_plus(float p) {
  float s = p / (2.0f + p), q = s * s;
  float sum = 1.0f / 15;
  sum = sum * q + 1.0f / 13;
  sum = sum * q + 1.0f / 11;
  sum = sum * q + 1.0f / 9;
  sum = sum * q + 1.0f / 7;
  sum = sum * q + 1.0f / 5;
  sum = sum * q + 1.0f / 3;
  return 2.0f * s + 2.0f * s * q * sum;
}

static inline float sigmoid_of(float x) {
  float power = exp_of_negative(x < 0 ? x : -x);
  return (x >= 0 ? 1.0f : power) / (1.0f + power);
}
#endif
