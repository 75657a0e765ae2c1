// Direct convolution over blocked activations: a product of matrices whose left side is read where
// it lies.
//
//     for each band of rows (or of images)        input of a chunk in L2
//       for each chunk of input blocks            copied with its padding, if it has any
//         for each panel of output channels       weights of a chunk in L1; the next are prefetched
//           for each row of pixels: tiles         accumulators in registers
//
// With one tap, the pixels of a band are one long row; a strided one is first copied together. So is
// a band of narrow rows, once for each tap.
#ifndef CK_CONVOLUTION_H
#define CK_CONVOLUTION_H

#include "../blocking.h"
#include "tile.h"

/// Copies rows of a plane of blocks from a row and a column that may lie in the padding.
static void copy_rows(
    float *restrict to, const float *restrict plane, const ck_windows *w, ptrdiff_t top,
    ptrdiff_t left, size_t rows, ptrdiff_t row_step, ptrdiff_t column_step, size_t columns) {
  ck_range in = ck_outputs_inside((ptrdiff_t)columns, column_step, left, w->width);
  size_t before = (size_t)in.first * 16, count = (size_t)(in.end - in.first);
  size_t after = (columns - (size_t)in.end) * 16;
  for (size_t r = 0; r < rows; r++, to += columns * 16) {
    ptrdiff_t row = top + (ptrdiff_t)r * row_step;
    if (row < 0 || row >= w->height || count == 0) {
      memset(to, 0, columns * 16 * sizeof *to);
      continue;
    }
    const float *from = plane + (row * w->width + in.first * column_step + left) * 16;
    memset(to, 0, before * sizeof *to);
    if (column_step == 1) {
      memcpy(to + before, from, count * 16 * sizeof *to);
    } else {
      for (size_t i = 0; i < count; i++) {
        memcpy(to + before + i * 16, from + i * (size_t)column_step * 16, 16 * sizeof *to);
      }
    }
    memset(to + before + count * 16, 0, after * sizeof *to);
  }
}

/// Copies what each tap sees of some output rows: [tap][row][column][16].
static void copy_taps(
    float *to, const float *plane, const ck_windows *w, ptrdiff_t top, size_t rows) {
  size_t columns = (size_t)w->output_width;
  for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
    for (ptrdiff_t j = 0; j < w->kernel_width; j++, to += rows * columns * 16) {
      copy_rows(
          to, plane, w, top + i * w->dilation_height, j * w->dilation_width - w->pad_left, rows,
          w->stride_height, w->stride_width, columns);
    }
  }
}

/// Where the input of a band lies.
typedef struct {
  const float *x;  // of the first image: first input block of the chunk, first row, first column
  size_t image_stride, block_stride, row_stride;
} band_input;

static band_input band_of(
    const float *x, const ck_convolution *c, const ck_blocking *b, ck_span images, ck_span rows,
    ck_span blocks, float *scratch) {
  const ck_windows *w = &c->windows;
  size_t plane = (size_t)(w->height * w->width) * 16;
  size_t image = ck_blocks(c->input_channels) * plane;
  ptrdiff_t top = (ptrdiff_t)rows.first * w->stride_height - w->pad_top;
  x += images.first * image + blocks.first * plane;
  if (!b->is_copied) {
    size_t row = (size_t)w->width * 16;
    return (band_input){x + (size_t)top * row, image, plane, row};
  }
  size_t copied_rows = ck_copied_rows(b, w, rows.end - rows.first);
  size_t copied_plane = copied_rows * b->copied_row, count = blocks.end - blocks.first;
  float *to = scratch;
  for (size_t n = images.first; n < images.end; n++, x += image) {
    for (size_t k = 0; k < count; k++, to += copied_plane) {
      if (b->is_flat) {
        copy_taps(to, x + k * plane, w, top, copied_rows);
      } else {
        copy_rows(
            to, x + k * plane, w, top, -w->pad_left, copied_rows, 1, 1, b->copied_columns);
      }
    }
  }
  return (band_input){scratch, count * copied_plane, copied_plane, b->copied_row};
}

/// What the loops below share.
typedef struct {
  const ck_convolution *c;
  const ck_epilogue *e;
  ck_blocking blocking;
  size_t width;         // channels of a full panel
  size_t panel_stride;  // floats of the weights of a full panel
  size_t tap_weights;   // floats for one block, divided by the width of a panel
} direct;

/// Where the weights of a panel's input block lie, and how wide that panel is.
static inline const float *panel_weights(
    const direct *d, const float *weights, size_t panel, size_t block, size_t *width) {
  size_t left = ck_blocks(d->c->output_channels) * 16 - panel * d->width;
  *width = ck_smaller(left, d->width);
  return weights + panel * d->panel_stride + block * d->tap_weights * *width;
}

/// One panel over one band, for one chunk.
static void compute_panel(
    const direct *d, tile *t, float *y, band_input input, ck_span images, ck_span rows,
    size_t panel, size_t width) {
  const ck_windows *w = &d->c->windows;
  size_t plane = (size_t)(w->output_height * w->output_width) * 16;
  size_t image = ck_blocks(d->c->output_channels) * plane;
  size_t count = rows.end - rows.first, pixels = (size_t)w->output_width;
  size_t x_step = (size_t)w->stride_height * input.row_stride, y_step = pixels * 16;
  if (d->blocking.is_flat) pixels *= count, count = 1;
  for (size_t n = images.first; n < images.end; n++) {
    size_t to = n * image + panel * (d->width / 16) * plane + rows.first * y_step;
    const float *x = input.x + (n - images.first) * input.image_stride;
    for (size_t r = 0; r < count; r++, x += x_step, to += y_step) {
      const float *residual = d->e->residual ? d->e->residual + to : NULL;
      compute_row(t, x, y + to, residual, pixels, width);
    }
  }
}

/// One band: panels that see the same input blocks.
static void compute_band(
    const direct *d, float *y, const float *x, const float *weights, ck_span images, ck_span rows,
    ck_span panels, ck_span inputs, float *scratch) {
  static const float zeros[widest_panel] __attribute__((aligned(64)));
  const ck_windows *w = &d->c->windows;
  const ck_blocking *b = &d->blocking;
  size_t depth = inputs.end - inputs.first, width, next_width;
  size_t tap = (rows.end - rows.first) * (size_t)w->output_width * 16;  // of a flat copy
  size_t tiles = (images.end - images.first) *
      (b->is_flat ? tile_count((rows.end - rows.first) * (size_t)w->output_width)
                  : (rows.end - rows.first) * tile_count((size_t)w->output_width));
  for (size_t k = 0; k < depth; k += b->chunk) {
    size_t end = ck_smaller(k + b->chunk, depth);
    ck_span blocks = {inputs.first + k, inputs.first + end};
    band_input input = band_of(x, d->c, b, images, rows, blocks, scratch);
    for (size_t p = panels.first; p < panels.end; p++) {
      tile t = {
          .pixel_stride = b->is_flat ? 16 : (size_t)w->stride_width * 16,
          .blocks = end - k,
          .block_stride = input.block_stride,
          .tap_rows = (size_t)w->kernel_height,
          .row_stride = b->is_flat ? (size_t)w->kernel_width * tap
                                   : (size_t)w->dilation_height * input.row_stride,
          .tap_columns = (size_t)w->kernel_width,
          .column_stride = b->is_flat ? tap : (size_t)w->dilation_width * 16,
          .run = 16,
          .y_pixel_stride = 16,
          .y_block_stride = (size_t)(w->output_height * w->output_width) * 16,
          .is_last = end == depth,
          .how = finish_for(d->e->activation),
          .activation = d->e->activation,
      };
      t.w = panel_weights(d, weights, p, k, &width);
      if (k == 0) t.start = d->e->bias ? d->e->bias + p * d->width : zeros;
      bool wraps = p + 1 == panels.end;
      size_t next_block = wraps ? (end == depth ? 0 : end) : k;
      const float *next = panel_weights(
          d, weights, wraps ? panels.first : p + 1, next_block, &next_width);
      prefetch_weights(&t, next, tiles, width);
      compute_panel(d, &t, y, input, images, rows, p, width);
    }
  }
}

static void convolve(
    float *y, const float *x, const float *weights, const ck_convolution *c, const ck_epilogue *e,
    ck_part part, float *scratch) {
  size_t width = ck_panel_channels(c, widest_panel);
  direct d = {c, e, ck_blocking_for(c, width), width, 0, ck_taps(&c->windows) * 16};
  d.panel_stride = ck_panel_depth(c, width) * d.tap_weights * width;
  for (size_t p = part.panels.first; p < part.panels.end;) {
    ck_span inputs = ck_panel_inputs(c, p, width), panels = {p, p + 1};
    for (; panels.end < part.panels.end; panels.end++) {
      ck_span others = ck_panel_inputs(c, panels.end, width);
      if (others.first != inputs.first || others.end != inputs.end) break;
    }
    for (size_t n = part.images.first; n < part.images.end; n += d.blocking.images) {
      ck_span images = {n, ck_smaller(n + d.blocking.images, part.images.end)};
      for (size_t r = part.rows.first; r < part.rows.end; r += d.blocking.band) {
        ck_span rows = {r, ck_smaller(r + d.blocking.band, part.rows.end)};
        compute_band(&d, y, x, weights, images, rows, panels, inputs, scratch);
      }
    }
    p = panels.end;
  }
}

#endif
