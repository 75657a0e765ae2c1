// Weights in the order in which the register tile reads them, one after the other.
#include "../winograd.h"

#include "scalar.h"

#pragma STDC FP_CONTRACT OFF

/// A weight, if it is there, times the factor of its output.
static float packed_weight(
    const float *weights, const double *factors, size_t index, size_t output, bool exists) {
  if (!exists) return 0;
  return factors ? (float)((double)weights[index] * factors[output]) : weights[index];
}

void ck_scalar_pack_convolution(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    ck_span panels) {
  size_t taps = ck_taps(&c->windows), stride = ck_panel_stride(c, CK_BLOCK);
  size_t inputs = c->input_channels / c->groups, outputs = c->output_channels / c->groups;
  for (size_t p = panels.first; p < panels.end; p++) {
    float *to = packed + p * stride;
    ck_span seen = ck_panel_inputs(c, p, CK_BLOCK);
    for (size_t b = seen.first; b < seen.end; b++) {
      for (size_t t = 0; t < taps; t++) {
        for (size_t input = b * CK_BLOCK; input < (b + 1) * CK_BLOCK; input++) {
          for (size_t output = p * CK_BLOCK; output < (p + 1) * CK_BLOCK; output++) {
            size_t first = output / outputs * inputs;
            bool exists =
                output < c->output_channels && input >= first && input < first + inputs;
            size_t index = (output * inputs + input - first) * taps + t;
            *to++ = packed_weight(weights, factors, index, output, exists);
          }
        }
      }
    }
  }
}

/// Rows of one output's weights become columns of panels.
static void pack_rows(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    size_t depth, ck_span panels) {
  float *to = packed + panels.first * depth * CK_BLOCK;
  for (size_t p = panels.first; p < panels.end; p++) {
    for (size_t k = 0; k < depth; k++) {
      for (size_t output = p * CK_BLOCK; output < (p + 1) * CK_BLOCK; output++) {
        bool exists = output < c->output_channels;
        *to++ = packed_weight(weights, factors, output * depth + k, output, exists);
      }
    }
  }
}

void ck_scalar_pack_planar(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    ck_span panels) {
  pack_rows(packed, weights, factors, c, c->input_channels * ck_taps(&c->windows), panels);
}

void ck_scalar_pack_depthwise(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    ck_span blocks) {
  pack_rows(packed, weights, factors, c, ck_taps(&c->windows), blocks);
}

/// to = G g.
static void transform(double to[6], const double g[3], size_t m) {
  double ends = g[0] + g[2];
  if (m == 2) {
    to[0] = g[0], to[1] = (ends + g[1]) * .5, to[2] = (ends - g[1]) * .5, to[3] = g[2];
    return;
  }
  double quarter = g[0] * .25, sixth = g[1] * (1. / 6);
  double even = ends * (-1. / 6), even2 = (quarter + g[2]) * (1. / 6), odd2 = sixth * .5;
  to[0] = quarter, to[1] = even - sixth, to[2] = even + sixth;
  to[3] = even2 + odd2, to[4] = even2 - odd2, to[5] = g[2];
}

/// u = G taps Gᵀ.
static void transform_taps(float u[36], const float taps[9], double factor, size_t m) {
  size_t n = m + 2;
  double columns[3][6], row[6];
  for (size_t j = 0; j < 3; j++) {
    double g[3];
    for (size_t i = 0; i < 3; i++) g[i] = (double)taps[i * 3 + j] * factor;
    transform(columns[j], g, m);
  }
  for (size_t i = 0; i < n; i++) {
    transform(row, (double[3]){columns[0][i], columns[1][i], columns[2][i]}, m);
    for (size_t j = 0; j < n; j++) u[i * n + j] = (float)row[j];
  }
}

void ck_scalar_pack_winograd(
    float *packed, const float *weights, const double *factors, const ck_convolution *c, size_t m,
    ck_span panels) {
  size_t elements = (m + 2) * (m + 2), depth = ck_blocks(c->input_channels) * CK_BLOCK;
  size_t outputs = ck_blocks(c->output_channels) * CK_BLOCK;
  for (size_t output = panels.first * CK_BLOCK; output < panels.end * CK_BLOCK; output++) {
    for (size_t k = 0; k < depth; k++) {
      float u[36] = {0};
      if (output < c->output_channels && k < c->input_channels) {
        const float *taps = weights + (output * c->input_channels + k) * 9;
        transform_taps(u, taps, factors ? factors[output] : 1, m);
      }
      float *to = packed + (output / CK_BLOCK * depth + k) * CK_BLOCK + output % CK_BLOCK;
      for (size_t e = 0; e < elements; e++) to[e * depth * outputs] = u[e];
    }
  }
}
