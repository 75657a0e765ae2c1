// How a convolution is cut into pieces that stay in the caches.
//
//   panel   16 or 32 output channels, the width of a register tile
//   chunk   input blocks whose weights for one panel stay in L1 while many pixels use them
//   band    output rows, or images, whose input for one chunk stays in L2 while all panels use it
//
// An accumulator waits in the output between two chunks. float32 in memory is what it was in the
// register, so no cut changes a bit.
#ifndef CK_BLOCKING_H
#define CK_BLOCKING_H

#include <stdbool.h>

#include "include/ck_kernels.h"

enum {
  ck_chunk_bytes = 20 << 10,
  ck_band_bytes = 160 << 10,
  ck_planar_bytes = 48 << 10,
};

static inline size_t ck_smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ck_larger(size_t a, size_t b) { return a > b ? a : b; }
static inline size_t ck_divided_up(size_t a, size_t b) { return (a + b - 1) / b; }

/// The input blocks that the channels of one panel see: those of all groups that it touches.
static inline ck_span ck_panel_inputs(const ck_convolution *c, size_t panel, size_t width) {
  size_t inputs = c->input_channels / c->groups, outputs = c->output_channels / c->groups;
  size_t last = ck_smaller((panel + 1) * width, c->output_channels) - 1;
  size_t first_group = panel * width / outputs, last_group = last / outputs;
  return (ck_span){first_group * inputs / CK_BLOCK, ck_blocks((last_group + 1) * inputs)};
}

/// The most input blocks that a panel sees.
static inline size_t ck_panel_depth(const ck_convolution *c, size_t width) {
  if (c->groups == 1) return ck_blocks(c->input_channels);
  size_t most = 0;
  for (size_t p = 0; p * width < c->output_channels; p++) {
    ck_span s = ck_panel_inputs(c, p, width);
    most = ck_larger(most, s.end - s.first);
  }
  return most;
}

static inline size_t ck_taps(const ck_windows *w) {
  return (size_t)(w->kernel_height * w->kernel_width);
}

/// Floats of the packed weights of a full panel.
static inline size_t ck_panel_stride(const ck_convolution *c, size_t width) {
  return ck_panel_depth(c, width) * ck_taps(&c->windows) * CK_BLOCK * width;
}

/// Rows or columns that `outputs` windows span.
static inline size_t ck_extent(
    ptrdiff_t outputs, ptrdiff_t stride, ptrdiff_t kernel, ptrdiff_t dilation) {
  return (size_t)((outputs - 1) * stride + (kernel - 1) * dilation + 1);
}

/// Whether a window reaches out of the plane.
static inline bool ck_is_padded(const ck_windows *w) {
  size_t rows =
      ck_extent(w->output_height, w->stride_height, w->kernel_height, w->dilation_height);
  size_t columns =
      ck_extent(w->output_width, w->stride_width, w->kernel_width, w->dilation_width);
  return w->pad_top > 0 || w->pad_left > 0 || (ptrdiff_t)rows - w->pad_top > w->height ||
      (ptrdiff_t)columns - w->pad_left > w->width;
}

typedef struct {
  bool is_flat;    // all pixels of an image are one row: one tap, or a copy for each tap
  bool is_copied;  // the band is copied: with its padding, or without what strides leave out
  size_t chunk;    // input blocks
  size_t band;     // output rows
  size_t images;   // images of a band, if one image is one band
  size_t copied_row, copied_columns;  // floats of a row, of all taps if flat; columns
} ck_blocking;

static inline size_t ck_copied_rows(const ck_blocking *b, const ck_windows *w, size_t rows) {
  if (b->is_flat) return rows;
  return ck_extent(
      (ptrdiff_t)rows, w->stride_height, w->kernel_height, w->dilation_height);
}

static inline ck_blocking ck_blocking_for(const ck_convolution *c, size_t panel_width) {
  const ck_windows *w = &c->windows;
  size_t taps = ck_taps(w), depth = ck_panel_depth(c, panel_width);
  bool is_strided = w->stride_height > 1 || w->stride_width > 1;
  // Rows of few pixels make small tiles, which wait for their own sums. A copy for each tap costs
  // little where many panels use it.
  bool is_unfolded = taps > 1 && w->output_width < 8 && c->output_channels / c->groups >= 128;
  ck_blocking b = {.is_flat = taps == 1 || is_unfolded};
  b.is_copied = is_unfolded || ck_is_padded(w) || (b.is_flat && is_strided);

  size_t most = ck_larger(ck_chunk_bytes / (taps * CK_BLOCK * panel_width * sizeof(float)), 1);
  b.chunk = ck_divided_up(depth, ck_divided_up(depth, most));

  b.copied_columns = b.is_flat
      ? (size_t)w->output_width
      : ck_extent(w->output_width, w->stride_width, w->kernel_width, w->dilation_width);
  b.copied_row = (b.is_flat ? taps : 1) * b.copied_columns * CK_BLOCK;
  size_t row_bytes = b.chunk * b.copied_row * sizeof(float);
  size_t height = (size_t)w->output_height, bands = 1;
  while (bands < height &&
         ck_copied_rows(&b, w, ck_divided_up(height, bands)) * row_bytes > ck_band_bytes) {
    bands++;
  }
  b.band = ck_divided_up(height, bands);
  b.images = bands > 1
      ? 1
      : ck_larger(ck_band_bytes / (ck_copied_rows(&b, w, height) * row_bytes), 1);
  return b;
}

/// Output rows of a band of planes: rows of its copy are shared by windows below each other.
static inline size_t ck_planar_band(const ck_convolution *c) {
  const ck_windows *w = &c->windows;
  size_t columns =
      ck_extent(w->output_width, w->stride_width, w->kernel_width, w->dilation_width);
  size_t step = (size_t)w->stride_height * columns * c->input_channels * sizeof(float);
  return ck_smaller(ck_larger(ck_planar_bytes / step, 1), (size_t)w->output_height);
}

/// The floats of a copied band.
static inline size_t ck_copied_count(const ck_blocking *b, const ck_windows *w) {
  return b->is_copied ? b->images * b->chunk * ck_copied_rows(b, w, b->band) * b->copied_row : 0;
}

#endif
