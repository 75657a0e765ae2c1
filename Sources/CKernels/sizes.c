// How large packed weights and scratch are.
#include "blocking.h"

size_t ck_panel_channels(const ck_convolution *c, size_t widest_panel) {
  size_t outputs = c->output_channels / c->groups;
  return c->groups == 1 || outputs % widest_panel == 0 ? widest_panel : CK_BLOCK;
}

size_t ck_panels(const ck_convolution *c, size_t widest_panel) {
  return ck_divided_up(c->output_channels, ck_panel_channels(c, widest_panel));
}

size_t ck_packed_count(const ck_convolution *c, size_t widest_panel) {
  return ck_panels(c, widest_panel) * ck_panel_stride(c, ck_panel_channels(c, widest_panel));
}

size_t ck_convolution_scratch(const ck_convolution *c, size_t widest_panel) {
  ck_blocking b = ck_blocking_for(c, ck_panel_channels(c, widest_panel));
  return ck_copied_count(&b, &c->windows);
}

size_t ck_packed_planar_count(const ck_convolution *c) {
  return ck_blocks(c->output_channels) * CK_BLOCK * c->input_channels * ck_taps(&c->windows);
}

size_t ck_packed_depthwise_count(const ck_convolution *c) {
  return ck_blocks(c->output_channels) * CK_BLOCK * ck_taps(&c->windows);
}

size_t ck_planar_scratch(const ck_convolution *c) {
  const ck_windows *w = &c->windows;
  size_t columns =
      ck_extent(w->output_width, w->stride_width, w->kernel_width, w->dilation_width);
  size_t rows = ck_extent(
      (ptrdiff_t)ck_planar_band(c), w->stride_height, w->kernel_height, w->dilation_height);
  return c->input_channels * rows * columns;
}
