// Weights in the order in which the register tile reads them: transposed strips of 16 outputs.
#ifndef CK_VECTOR_PACKING_H
#define CK_VECTOR_PACKING_H

#include "transpose.h"

/// The weights of 16 outputs over the input blocks that their panel sees.
static strip weights_strip(
    const float *weights, const double *factors, const ck_convolution *c, size_t output,
    size_t first_block) {
  size_t taps = ck_taps(&c->windows), outputs = c->output_channels / c->groups;
  strip s = strip_of(
      weights, factors, output, c->output_channels, c->input_channels / c->groups * taps);
  if (c->groups == 1) return s;
  for (size_t o = 0; o < s.count; o++) {
    s.first[o] = (output + o) / outputs * s.length - first_block * 16 * taps;
  }
  bool is_one_group = s.count == 16 && s.first[0] == s.first[15];
  s.common = is_one_group ? (ck_span){s.first[0], s.first[0] + s.length} : (ck_span){0, 0};
  return s;
}

static void pack_convolution(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    ck_span panels) {
  size_t taps = ck_taps(&c->windows), full = ck_panel_channels(c, widest_panel);
  size_t outputs = ck_blocks(c->output_channels) * 16, stride = ck_panel_stride(c, full);
  for (size_t p = panels.first; p < panels.end; p++) {
    size_t first = p * full, width = ck_smaller(outputs - first, full);
    ck_span seen = ck_panel_inputs(c, p, full);
    for (size_t o = 0; o < width; o += 16) {
      strip s = weights_strip(weights, factors, c, first + o, seen.first);
      transpose_strip(
          packed + p * stride + o, width, taps, &s, (seen.end - seen.first) * 16 * taps);
    }
  }
}

/// Panels of plain columns, without lanes of input blocks.
INLINE void pack_columns(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    size_t depth, size_t full, ck_span panels) {
  size_t outputs = ck_blocks(c->output_channels) * 16;
  for (size_t p = panels.first; p < panels.end; p++) {
    size_t first = p * full, width = ck_smaller(outputs - first, full);
    for (size_t o = 0; o < width; o += 16) {
      strip s = strip_of(weights, factors, first + o, c->output_channels, depth);
      transpose_strip(packed + first * depth + o, width, 1, &s, depth);
    }
  }
}

static void pack_planar(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    ck_span panels) {
  size_t depth = c->input_channels * ck_taps(&c->windows);
  pack_columns(packed, weights, factors, c, depth, widest_panel, panels);
}

static void pack_depthwise(
    float *packed, const float *weights, const double *factors, const ck_convolution *c,
    ck_span blocks) {
  pack_columns(packed, weights, factors, c, ck_taps(&c->windows), 16, blocks);
}

#endif
