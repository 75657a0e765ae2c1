// Convolution of few input channels, in planes: the stem of a network. It reads [channels][H][W] and
// writes blocks.
//
//     for each band of output rows          copied with its padding into planes of scratch
//       for each panel: for each row: tiles
//
// The register tile is that of blocks: where a block has 16 lanes, a plane has the taps of one row,
// kernel_width consecutive floats, and neighbouring pixels lie stride_width floats apart.
#ifndef CK_PLANAR_H
#define CK_PLANAR_H

#include "../blocking.h"
#include "tile.h"

/// Copies rows of one plane; those past its edges are 0.
static void copy_plane_rows(
    float *restrict to, const float *restrict plane, const ck_windows *w, ptrdiff_t first,
    size_t rows, size_t columns) {
  ck_range in = ck_outputs_inside((ptrdiff_t)columns, 1, -w->pad_left, w->width);
  size_t before = (size_t)in.first, count = (size_t)(in.end - in.first);
  for (size_t r = 0; r < rows; r++, to += columns) {
    ptrdiff_t row = first + (ptrdiff_t)r;
    memset(to, 0, columns * sizeof *to);
    if (row < 0 || row >= w->height || count == 0) continue;
    memcpy(to + before, plane + row * w->width + in.first - w->pad_left, count * sizeof *to);
  }
}

static void convolve_planar(
    float *y, const float *x, const float *weights, const ck_convolution *c, const ck_epilogue *e,
    ck_part part, float *scratch) {
  static const float zeros[widest_panel] __attribute__((aligned(64)));
  const ck_windows *w = &c->windows;
  size_t channels = c->input_channels, plane = (size_t)(w->height * w->width);
  size_t outputs = ck_blocks(c->output_channels) * 16, pixels = (size_t)w->output_width;
  size_t y_plane = (size_t)w->output_height * pixels * 16;
  size_t columns =
      ck_extent(w->output_width, w->stride_width, w->kernel_width, w->dilation_width);
  size_t band = ck_planar_band(c), panel_stride = channels * ck_taps(w) * widest_panel;
  bool is_run = w->dilation_width == 1;
  for (size_t n = part.images.first; n < part.images.end; n++) {
    for (size_t r = part.rows.first; r < part.rows.end; r += band) {
      size_t rows = ck_smaller(band, part.rows.end - r);
      size_t copied = ck_extent(
          (ptrdiff_t)rows, w->stride_height, w->kernel_height, w->dilation_height);
      for (size_t k = 0; k < channels; k++) {
        copy_plane_rows(
            scratch + k * copied * columns, x + (n * channels + k) * plane, w,
            (ptrdiff_t)r * w->stride_height - w->pad_top, copied, columns);
      }
      for (size_t p = part.panels.first; p < part.panels.end; p++) {
        size_t width = ck_smaller(outputs - p * widest_panel, widest_panel);
        tile t = {
            .pixel_stride = (size_t)w->stride_width,
            .blocks = channels, .block_stride = copied * columns,
            .tap_rows = (size_t)w->kernel_height,
            .row_stride = (size_t)w->dilation_height * columns,
            .tap_columns = is_run ? 1 : (size_t)w->kernel_width,
            .column_stride = (size_t)w->dilation_width,
            .run = is_run ? (size_t)w->kernel_width : 1,
            .w = weights + p * panel_stride, .prefetch = (const char *)weights,
            .start = e->bias ? e->bias + p * widest_panel : zeros,
            .y_pixel_stride = 16, .y_block_stride = y_plane, .is_last = true,
            .how = finish_for(e->activation), .activation = e->activation,
        };
        size_t to = n * outputs / 16 * y_plane + p * (widest_panel / 16) * y_plane + r * pixels * 16;
        for (size_t i = 0; i < rows; i++, to += pixels * 16) {
          compute_row(
              &t, scratch + i * (size_t)w->stride_height * columns, y + to,
              e->residual ? e->residual + to : NULL, pixels, width);
        }
      }
    }
  }
}

#endif
