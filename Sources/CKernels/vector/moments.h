// Moments of 16 lanes: m = Σ (x − o), q = Σ (x − o)², in double, with extremes and counts.
//
// A vector of floats at a time down the rows, widened to two of doubles: 4 accumulators of doubles,
// 2 of floats, 2 of counts and 2 origins in registers. Where a row is two vectors, each takes its
// turn over a chunk of rows that stays in the nearest cache. Zeros and subnormals have an exponent
// of zero: one comparison of bits counts both, another the zeros. What is not finite makes the sums
// so; nothing looks for it here.
#ifndef CK_MOMENTS_H
#define CK_MOMENTS_H

#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

typedef double doubles __attribute__((vector_size(CK_VECTOR_BYTES)));
typedef double unaligned_doubles
    __attribute__((vector_size(CK_VECTOR_BYTES), aligned(8), may_alias));
typedef float unaligned_half_floats
    __attribute__((vector_size(CK_VECTOR_BYTES / 2), aligned(4), may_alias));
typedef mask unaligned_mask __attribute__((aligned(4), may_alias));

enum { rows_of_chunk = 128 };

/// Adds rows to the lanes `lane ..< lane + lanes`.
static inline __attribute__((always_inline)) void measure_rows(
    ck_moments *m, const float *x, size_t rows, const double *origins, size_t lane) {
  const size_t half = lane + lanes / 2;
  doubles o0 = *(const unaligned_doubles *)(origins + lane);
  doubles o1 = *(const unaligned_doubles *)(origins + half);
  doubles s0 = *(unaligned_doubles *)(m->sums + lane);
  doubles s1 = *(unaligned_doubles *)(m->sums + half);
  doubles q0 = *(unaligned_doubles *)(m->squares + lane);
  doubles q1 = *(unaligned_doubles *)(m->squares + half);
  floats least = load(m->minima + lane), most = load(m->maxima + lane);
  mask zeros = *(unaligned_mask *)(m->zeros + lane), small = {0};
  mask before = zeros;
  for (size_t row = 0; row < rows; row++, x += 16) {
    floats v = load(x + lane);
    doubles d0 = __builtin_convertvector(*(const unaligned_half_floats *)(x + lane), doubles) - o0;
    doubles d1 = __builtin_convertvector(*(const unaligned_half_floats *)(x + half), doubles) - o1;
    s0 += d0, s1 += d1;
    q0 += d0 * d0, q1 += d1 * d1;
    least = select(v < least, v, least);
    most = select(v > most, v, most);
    zeros -= v == 0;
    small -= ((mask)v & 0x7f800000) == 0;
  }
  *(unaligned_doubles *)(m->sums + lane) = s0;
  *(unaligned_doubles *)(m->sums + half) = s1;
  *(unaligned_doubles *)(m->squares + lane) = q0;
  *(unaligned_doubles *)(m->squares + half) = q1;
  store(m->minima + lane, least);
  store(m->maxima + lane, most);
  *(unaligned_mask *)(m->zeros + lane) = zeros;
  *(unaligned_mask *)(m->subnormals + lane) += small - (zeros - before);
}

static void measure(ck_moments *m, const float *x, size_t rows, const double *origins) {
  *m = (ck_moments){0};
  for (size_t lane = 0; lane < 16; lane++) {
    m->minima[lane] = INFINITY, m->maxima[lane] = -INFINITY;
  }
  for (size_t row = 0; row < rows; row += rows_of_chunk) {
    size_t count = rows - row < rows_of_chunk ? rows - row : rows_of_chunk;
    for (size_t lane = 0; lane < 16; lane += lanes) {
      measure_rows(m, x + row * 16, count, origins, lane);
    }
  }
}

#endif
