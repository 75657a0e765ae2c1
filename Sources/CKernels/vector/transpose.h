// Rows into columns of blocks: the packing of weights, and channels into blocks and back.
//
//     to[row(k)][o] = rows[o][k] · factors[o], rounded once     o: one of 16 rows
//     row(k) = (block · taps + tap) · 16 + lane      k = (block · 16 + lane) · taps + tap
//
// Four columns of 8 rows at a time, in vectors of 32 bytes on every instruction set: memory is the
// limit. A line of `to` is written whole.
#ifndef CK_TRANSPOSE_H
#define CK_TRANSPOSE_H

#include "../blocking.h"
#include "tile.h"

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
typedef float eight __attribute__((vector_size(32)));
typedef float unaligned_eight __attribute__((vector_size(32), aligned(4), may_alias));

/// Four floats times a factor in double; NULL for 1, which leaves their bits alone.
INLINE four scaled_four(const float *from, const double *factor) {
  typedef double doubles __attribute__((vector_size(32)));
  four x = *(const four *)from;
  if (factor == NULL) return x;
  return __builtin_convertvector(__builtin_convertvector(x, doubles) * *factor, four);
}

/// The columns k ... k + 3 of 8 rows that lie `stride` apart.
INLINE void transpose_8x4(eight to[4], const float *from, size_t stride, const double *factors) {
  eight pairs[4];
  UNROLL for (size_t i = 0; i < 4; i++) {
    four low = scaled_four(from + i * stride, factors ? factors + i : NULL);
    four high = scaled_four(from + (i + 4) * stride, factors ? factors + i + 4 : NULL);
    pairs[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
  }
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
  eight a = LOW(pairs[0], pairs[1]), b = LOW(pairs[2], pairs[3]);
  eight c = HIGH(pairs[0], pairs[1]), d = HIGH(pairs[2], pairs[3]);
#undef LOW
#undef HIGH
#define FIRST(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define SECOND(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
  to[0] = FIRST(a, b), to[1] = SECOND(a, b), to[2] = FIRST(c, d), to[3] = SECOND(c, d);
#undef FIRST
#undef SECOND
}

/// 16 rows or less, each of them contiguous; row o holds the elements first[o] ..< first[o] + length,
/// where weights of several groups stand below each other. Elsewhere all is 0.
typedef struct {
  const float *rows;
  size_t count, length;
  const double *factors;  // of the rows; NULL for 1
  size_t first[16];
  ck_span common;         // elements that 16 rows hold
} strip;

/// Some channels, all of one length.
INLINE strip strip_of(
    const float *rows, const double *factors, size_t channel, size_t channels, size_t length) {
  strip s = {.rows = rows + channel * length, .length = length};
  s.count = ck_smaller(channels - channel, 16);
  if (s.count == 16) s.common.end = length;
  if (factors) s.factors = factors + channel;
  return s;
}

/// The elements k ... k + 3 where not all rows hold them, times their factors.
static void gather(float to[16][4], const strip *s, size_t k, size_t end) {
  memset(to, 0, 16 * sizeof *to);
  for (size_t o = 0; o < s->count; o++) {
    size_t last = ck_smaller(ck_smaller(s->first[o] + s->length, k + 4), end);
    for (size_t i = ck_larger(s->first[o], k); i < last; i++) {
      float x = s->rows[o * s->length + i - s->first[o]];
      to[o][i - k] = s->factors ? (float)((double)x * s->factors[o]) : x;
    }
  }
}

INLINE void transpose_elements(
    float *to, size_t width, size_t taps, const strip *s, const double *factors, size_t end) {
  float gathered[16][4] __attribute__((aligned(64)));
  size_t tap = 0, lane = 0, stride = s->length;
  for (size_t k = 0; k < end; k += 4) {
    eight columns[2][4];
    if (k >= s->common.first && k + 4 <= s->common.end) {
      const float *from = s->rows + k - s->common.first;
      transpose_8x4(columns[0], from, stride, factors);
      transpose_8x4(columns[1], from + 8 * stride, stride, factors ? factors + 8 : NULL);
    } else {
      gather(gathered, s, k, end);
      transpose_8x4(columns[0], gathered[0], 4, NULL);
      transpose_8x4(columns[1], gathered[8], 4, NULL);
    }
    UNROLL for (size_t i = 0; i < 4; i++) {
      if (k + i == end) return;
      float *row = to + (tap * 16 + lane) * width;
      *(unaligned_eight *)row = columns[0][i];
      *(unaligned_eight *)(row + 8) = columns[1][i];
      if (++tap < taps) continue;
      tap = 0;
      if (++lane == 16) lane = 0, to += taps * 16 * width;
    }
  }
}

/// Elements 0 ..< end of the rows into 16 columns of `to`, whose rows have `width`.
static void transpose_strip(float *to, size_t width, size_t taps, const strip *s, size_t end) {
  if (s->factors) return transpose_elements(to, width, taps, s, s->factors, end);
  transpose_elements(to, width, taps, s, NULL, end);
}

#endif
