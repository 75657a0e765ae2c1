// Weights in the order in which the register tile reads them.
#include "blocking.h"

size_t ck_panel_channels(const ck_convolution *c, size_t widest_panel) {
  size_t outputs = c->output_channels / c->groups;
  return c->groups == 1 || outputs % widest_panel == 0 ? widest_panel : CK_BLOCK;
}

size_t ck_panels(const ck_convolution *c, size_t widest_panel) {
  return ck_divided_up(c->output_channels, ck_panel_channels(c, widest_panel));
}

static size_t panel_stride(const ck_convolution *c, size_t width) {
  return ck_panel_depth(c, width) * ck_taps(&c->windows) * CK_BLOCK * width;
}

size_t ck_packed_count(const ck_convolution *c, size_t widest_panel) {
  return ck_panels(c, widest_panel) * panel_stride(c, ck_panel_channels(c, widest_panel));
}

size_t ck_convolution_scratch(const ck_convolution *c, size_t widest_panel) {
  ck_blocking b = ck_blocking_for(c, ck_panel_channels(c, widest_panel));
  return ck_copied_count(&b, &c->windows);
}

size_t ck_packed_planar_count(const ck_convolution *c) {
  return ck_blocks(c->output_channels) * CK_BLOCK * c->input_channels * ck_taps(&c->windows);
}

size_t ck_planar_scratch(const ck_convolution *c) {
  const ck_windows *w = &c->windows;
  size_t columns =
      ck_extent(w->output_width, w->stride_width, w->kernel_width, w->dilation_width);
  size_t rows = ck_extent(
      (ptrdiff_t)ck_planar_band(c), w->stride_height, w->kernel_height, w->dilation_height);
  return c->input_channels * rows * columns;
}

void ck_pack_planar(
    float *packed, const float *weights, const ck_convolution *c, size_t widest_panel) {
  size_t depth = c->input_channels * ck_taps(&c->windows);
  size_t outputs = ck_blocks(c->output_channels) * CK_BLOCK;
  for (size_t first = 0; first < outputs; first += widest_panel) {
    size_t width = ck_smaller(outputs - first, widest_panel);
    for (size_t k = 0; k < depth; k++) {
      for (size_t o = first; o < first + width; o++) {
        *packed++ = o < c->output_channels ? weights[o * depth + k] : 0;
      }
    }
  }
}

void ck_pack_depthwise(float *packed, const float *weights, const ck_convolution *c) {
  size_t taps = ck_taps(&c->windows);
  for (size_t o = 0; o < ck_blocks(c->output_channels) * CK_BLOCK; o++) {
    float *to = packed + o / CK_BLOCK * taps * CK_BLOCK + o % CK_BLOCK;
    for (size_t t = 0; t < taps; t++) {
      to[t * CK_BLOCK] = o < c->output_channels ? weights[o * taps + t] : 0;
    }
  }
}

void ck_pack_convolution(
    float *packed, const float *weights, const ck_convolution *c, size_t widest_panel,
    ck_span panels) {
  size_t full = ck_panel_channels(c, widest_panel), taps = ck_taps(&c->windows);
  size_t inputs = c->input_channels / c->groups, outputs = c->output_channels / c->groups;
  for (size_t p = panels.first; p < panels.end; p++) {
    float *to = packed + p * panel_stride(c, full);
    size_t first = p * full, width = ck_smaller(ck_blocks(c->output_channels) * CK_BLOCK - first, full);
    ck_span seen = ck_panel_inputs(c, p, full);
    for (size_t b = seen.first; b < seen.end; b++, to += taps * CK_BLOCK * width) {
      for (size_t o = 0; o < width; o++) {
        size_t output = first + o, group = output / outputs;
        for (size_t lane = 0; lane < CK_BLOCK; lane++) {
          size_t input = b * CK_BLOCK + lane;
          bool exists = output < c->output_channels && input >= group * inputs &&
              input < (group + 1) * inputs;
          const float *from = weights + (output * inputs + input - group * inputs) * taps;
          for (size_t t = 0; t < taps; t++) {
            to[(t * CK_BLOCK + lane) * width + o] = exists ? from[t] : 0;
          }
        }
      }
    }
  }
}
