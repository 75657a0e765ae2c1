// Winograd's transform of weights, U = G g Gᵀ, in double.
//
//     for each strip of 16 outputs: for each 8 inputs
//       columns   [input][9][16]    taps of 16 outputs side by side
//       u         [n²][input][16]   transformed, rounded
//       packed                      n² runs
//
// Both buffers stay in L1. Without u, each vector would go to a page of its own. The n² runs lie
// powers of 2 apart, in the same few sets of a cache: whole lines go past it, in two thirds of the
// time.
#ifndef CK_WINOGRAD_PACKING_H
#define CK_WINOGRAD_PACKING_H

#include "../winograd.h"
#include "transpose.h"

enum { winograd_inputs = 8, double_lanes = lanes / 2 };
typedef double doubles __attribute__((vector_size(CK_VECTOR_BYTES)));
typedef float half_floats __attribute__((vector_size(CK_VECTOR_BYTES / 2)));

/// to = G g; the scalar twin has the same order.
INLINE void weight_transform(doubles *to, doubles g0, doubles g1, doubles g2, size_t m) {
  doubles ends = g0 + g2;
  if (m == 2) {
    to[0] = g0, to[1] = (ends + g1) * .5, to[2] = (ends - g1) * .5, to[3] = g2;
    return;
  }
  doubles quarter = g0 * .25, sixth = g1 * (1. / 6);
  doubles even = ends * (-1. / 6), even2 = (quarter + g2) * (1. / 6), odd2 = sixth * .5;
  to[0] = quarter, to[1] = even - sixth, to[2] = even + sixth;
  to[3] = even2 + odd2, to[4] = even2 - odd2, to[5] = g2;
}

/// One vector of outputs of one input.
INLINE void transform_taps(
    float *u, size_t u_stride, const float *taps, const doubles *factors, size_t m) {
  size_t n = m + 2;
  doubles columns[3][6], row[6];
  UNROLL for (size_t j = 0; j < 3; j++) {
    doubles g[3];
    UNROLL for (size_t i = 0; i < 3; i++) {
      half_floats tap;
      memcpy(&tap, taps + (i * 3 + j) * 16, sizeof tap);
      g[i] = __builtin_convertvector(tap, doubles) * *factors;
    }
    weight_transform(columns[j], g[0], g[1], g[2], m);
  }
  UNROLL for (size_t i = 0; i < n; i++) {
    weight_transform(row, columns[0][i], columns[1][i], columns[2][i], m);
    UNROLL for (size_t j = 0; j < n; j++) {
      half_floats rounded = __builtin_convertvector(row[j], half_floats);
      memcpy(u + (i * n + j) * u_stride, &rounded, sizeof rounded);
    }
  }
}

/// 16 floats into a line of the packed weights.
INLINE void stream_line(float *to, const float *from) {
  UNROLL for (size_t i = 0; i < 16; i += 8) {
    eight part;
    memcpy(&part, from + i, sizeof part);
    __builtin_nontemporal_store(part, (eight *)(to + i));
  }
}

/// What was streamed is seen by whoever sees what this thread writes next.
INLINE void finish_streams(void) {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

/// One strip into columns of panels of `width`; an element's next is `packed_stride` further.
INLINE void pack_winograd_strip(
    float *packed, size_t packed_stride, size_t width, const strip *s, size_t inputs, size_t m) {
  float columns[winograd_inputs * 9 * 16] __attribute__((aligned(64)));
  float u[36][winograd_inputs][16] __attribute__((aligned(64)));
  double factors[16];
  size_t depth = ck_blocks(inputs) * 16;
  for (size_t o = 0; o < 16; o++) factors[o] = s->factors && o < s->count ? s->factors[o] : 1;
  for (size_t k = 0; k < depth; k += winograd_inputs) {
    size_t live = k < inputs ? ck_smaller(inputs - k, winograd_inputs) : 0;
    strip part = *s;
    part.rows += k * 9, part.factors = NULL;
    part.common.end = s->count == 16 ? live * 9 : 0;
    if (live > 0) transpose_strip(columns, 16, 1, &part, live * 9);
    if (live < winograd_inputs) memset(u, 0, sizeof u);
    for (size_t i = 0; i < live; i++) {
      for (size_t o = 0; o < 16; o += double_lanes) {
        doubles factor;
        memcpy(&factor, factors + o, sizeof factor);
        transform_taps(
            u[0][i] + o, winograd_inputs * 16, columns + i * 9 * 16 + o, &factor, m);
      }
    }
    for (size_t e = 0; e < (m + 2) * (m + 2); e++) {
      float *to = packed + e * packed_stride + k * width;
      for (size_t i = 0; i < winograd_inputs; i++) {
        // A transformed 0 may be -0.
        for (size_t o = s->count; o < 16; o++) u[e][i][o] = 0;
        stream_line(to + i * width, u[e][i]);
      }
    }
  }
}

static void pack_winograd(
    float *packed, const float *weights, const double *factors, const ck_convolution *c, size_t m,
    ck_span panels) {
  size_t inputs = c->input_channels, depth = ck_blocks(inputs) * 16;
  size_t outputs = ck_blocks(c->output_channels) * 16;
  for (size_t p = panels.first; p < panels.end; p++) {
    size_t first = p * widest_panel, width = ck_smaller(outputs - first, widest_panel);
    for (size_t o = 0; o < width; o += 16) {
      strip s = strip_of(weights, factors, first + o, c->output_channels, inputs * 9);
      float *to = packed + first * depth + o;
      if (m == 2) {
        pack_winograd_strip(to, depth * outputs, width, &s, inputs, 2);
      } else {
        pack_winograd_strip(to, depth * outputs, width, &s, inputs, 4);
      }
    }
  }
  finish_streams();
}

#endif
