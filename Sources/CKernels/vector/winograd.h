// Winograd's convolution F(m × m, 3 × 3), m = 2 or 4, n = m + 2: stride 1, no dilation, one group.
//
//     V = Bᵀ d B      n × n inputs of a tile, every m-th row and column
//     M = Σ U · V     over input channels, for each of the n² elements: n² products of matrices
//     y = Aᵀ M A      m × m outputs; those past the edge are dropped
//
// U = G g Gᵀ comes packed. The points are 0, 1, −1 (2, −2), ∞. Elements lie a cache line further
// apart than they need to: else the n² stores of a tile would share few sets of the L1 cache.
//
//     v [n²][input blocks][tiles][16]    u [n²][panel][input channel][panel]
//     m [n²][output blocks][tiles][16]
//
// Origin: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
#ifndef CK_VECTOR_WINOGRAD_H
#define CK_VECTOR_WINOGRAD_H

#include "../blocking.h"
#include "../winograd.h"
#include "tile.h"

INLINE void input_transform(floats *to, const floats *d, size_t m) {
  if (m == 2) {
    to[0] = d[0] - d[2], to[1] = d[1] + d[2], to[2] = d[2] - d[1], to[3] = d[1] - d[3];
    return;
  }
  floats even = fused(d[2], all(-4), d[4]), odd = fused(d[1], all(-4), d[3]);
  floats even2 = d[4] - d[2], odd2 = d[3] - d[1];
  to[0] = fused(d[0], all(4), fused(d[2], all(-5), d[4]));
  to[1] = even + odd, to[2] = even - odd;
  to[3] = fused(odd2, all(2), even2), to[4] = fused(odd2, all(-2), even2);
  to[5] = fused(d[1], all(4), fused(d[3], all(-5), d[5]));
}

INLINE void output_transform(floats *to, const floats *d, size_t m) {
  floats sum = d[1] + d[2], difference = d[1] - d[2];
  if (m == 2) {
    to[0] = d[0] + sum, to[1] = difference - d[3];
    return;
  }
  floats sum2 = d[3] + d[4], difference2 = d[3] - d[4];
  to[0] = d[0] + sum + sum2, to[1] = fused(difference2, all(2), difference);
  to[2] = fused(sum2, all(4), sum), to[3] = fused(difference2, all(8), difference) + d[5];
}

/// One vector of channels of one tile.
INLINE void transform_input_tile(
    float *v, size_t v_stride, const float *x, size_t row_stride, size_t m) {
  size_t n = m + 2;
  floats columns[6][6], d[6], to[6];
  UNROLL for (size_t j = 0; j < n; j++) {
    UNROLL for (size_t i = 0; i < n; i++) d[i] = load(x + i * row_stride + j * 16);
    input_transform(to, d, m);
    UNROLL for (size_t i = 0; i < n; i++) columns[i][j] = to[i];
  }
  UNROLL for (size_t i = 0; i < n; i++) {
    input_transform(to, columns[i], m);
    UNROLL for (size_t j = 0; j < n; j++) store(v + (i * n + j) * v_stride, to[j]);
  }
}

INLINE void transform_input(
    float *v, const float *x, const ck_convolution *c, ck_winograd tiling, ck_span blocks,
    size_t m) {
  const ck_windows *w = &c->windows;
  size_t inputs = ck_blocks(c->input_channels), plane = (size_t)(w->height * w->width) * 16;
  size_t count = tiling.tiles.end - tiling.tiles.first;
  size_t v_stride = ck_winograd_stride(inputs, count), row = (size_t)w->width * 16;
  ptrdiff_t n = (ptrdiff_t)m + 2;
  float patch[6 * 6 * 16] __attribute__((aligned(64)));
  for (size_t t = 0; t < count; t++) {
    ck_winograd_tile at = ck_winograd_tile_at(c, m, tiling.tiles.first + t);
    ptrdiff_t top = (ptrdiff_t)at.row - w->pad_top, left = (ptrdiff_t)at.column - w->pad_left;
    bool is_inside = top >= 0 && left >= 0 && top + n <= w->height && left + n <= w->width;
    ptrdiff_t first_row = top < 0 ? -top : 0, first_column = left < 0 ? -left : 0;
    ptrdiff_t end_row = w->height - top < n ? w->height - top : n;
    ptrdiff_t end_column = w->width - left < n ? w->width - left : n;
    if (!is_inside) memset(patch, 0, sizeof patch);
    for (size_t b = blocks.first; b < blocks.end; b++) {
      const float *from = x + (at.image * inputs + b) * plane;
      float *to = v + (b * count + t) * 16;
      if (is_inside) {
        from += (top * w->width + left) * 16;
      } else if (end_column > first_column) {
        for (ptrdiff_t i = first_row; i < end_row; i++) {
          memcpy(
              patch + (i * n + first_column) * 16,
              from + ((top + i) * w->width + left + first_column) * 16,
              (size_t)(end_column - first_column) * 16 * sizeof *patch);
        }
      }
      for (size_t lane = 0; lane < 16; lane += lanes) {
        transform_input_tile(
            to + lane, v_stride, (is_inside ? from : patch) + lane,
            is_inside ? row : (size_t)n * 16, m);
      }
    }
  }
}

static void winograd_input(
    float *v, const float *x, const ck_convolution *c, ck_winograd tiling, ck_span blocks) {
  if (tiling.m == 2) return transform_input(v, x, c, tiling, blocks, 2);
  transform_input(v, x, c, tiling, blocks, 4);
}

static void winograd_multiply(
    float *m, const float *v, const float *u, const ck_convolution *c, ck_winograd tiling,
    ck_span panels) {
  static const float zeros[widest_panel] __attribute__((aligned(64)));
  size_t inputs = ck_blocks(c->input_channels), outputs = ck_blocks(c->output_channels);
  size_t count = tiling.tiles.end - tiling.tiles.first, elements = (tiling.m + 2) * (tiling.m + 2);
  size_t depth = inputs * 16, panel = depth * widest_panel, padded_outputs = outputs * 16;
  size_t most = ck_chunk_bytes / (16 * widest_panel * sizeof(float));
  size_t chunk = ck_divided_up(inputs, ck_divided_up(inputs, most));
  for (size_t e = 0; e < elements; e++) {
    const float *weights = u + e * depth * padded_outputs;
    for (size_t k = 0; k < inputs; k += chunk) {
      size_t end = ck_smaller(k + chunk, inputs);
      for (size_t p = panels.first; p < panels.end; p++) {
        size_t width = ck_smaller(padded_outputs - p * widest_panel, widest_panel);
        tile t = {
            .pixel_stride = 16, .blocks = end - k, .block_stride = count * 16, .tap_rows = 1,
            .tap_columns = 1, .run = 16, .w = weights + p * panel + k * 16 * width,
            .start = k == 0 ? zeros : NULL, .y_pixel_stride = 16, .y_block_stride = count * 16,
        };
        bool wraps = p + 1 == panels.end;
        const float *next = wraps ? weights + panels.first * panel : weights + (p + 1) * panel;
        if (wraps && end < inputs) next += end * 16 * widest_panel;
        if (wraps && end == inputs && e + 1 < elements) next += depth * padded_outputs;
        if (!wraps) next += k * 16 * widest_panel;
        prefetch_weights(&t, next, tile_count(count), width);
        compute_row(
            &t, v + e * ck_winograd_stride(inputs, count) + k * count * 16,
            m + e * ck_winograd_stride(outputs, count) + p * (widest_panel / 16) * count * 16,
            NULL, count, width);
      }
    }
  }
}

/// One vector of channels of one tile: into y, or into a patch of m × m × 16.
INLINE void transform_output_tile(
    float *y, size_t row_stride, const float *residual, const float *from, size_t from_stride,
    floats bias, finish how, ck_activation activation, size_t m) {
  size_t n = m + 2;
  floats columns[4][6], d[6], to[4];
  UNROLL for (size_t j = 0; j < n; j++) {
    UNROLL for (size_t i = 0; i < n; i++) d[i] = load(from + (i * n + j) * from_stride);
    output_transform(to, d, m);
    UNROLL for (size_t i = 0; i < m; i++) columns[i][j] = to[i];
  }
  UNROLL for (size_t i = 0; i < m; i++) {
    output_transform(to, columns[i], m);
    UNROLL for (size_t j = 0; j < m; j++) {
      size_t offset = i * row_stride + j * 16;
      floats sum = to[j] + bias;
      if (residual) sum += load(residual + offset);
      store(y + offset, vector_finished(sum, how, activation));
    }
  }
}

/// Copies rows of 16-float pixels.
INLINE void copy_patch(
    float *to, size_t to_stride, const float *from, size_t from_stride, size_t rows,
    size_t columns) {
  for (size_t i = 0; i < rows; i++) {
    memcpy(to + i * to_stride, from + i * from_stride, columns * 16 * sizeof *to);
  }
}

INLINE void transform_output(
    float *y, const float *from, const ck_convolution *c, const ck_epilogue *e,
    ck_winograd tiling, ck_span blocks, size_t m) {
  const ck_windows *w = &c->windows;
  size_t outputs = ck_blocks(c->output_channels), row = (size_t)w->output_width * 16;
  size_t plane = (size_t)w->output_height * row;
  size_t count = tiling.tiles.end - tiling.tiles.first;
  size_t stride = ck_winograd_stride(outputs, count);
  finish how = finish_for(e->activation);
  float patch[4 * 4 * 16] __attribute__((aligned(64))) = {0};
  float addend[4 * 4 * 16] __attribute__((aligned(64))) = {0};
  for (size_t t = 0; t < count; t++) {
    ck_winograd_tile at = ck_winograd_tile_at(c, m, tiling.tiles.first + t);
    size_t rows = ck_smaller((size_t)w->output_height - at.row, m);
    size_t columns = ck_smaller((size_t)w->output_width - at.column, m);
    bool is_whole = rows == m && columns == m;
    for (size_t b = blocks.first; b < blocks.end; b++) {
      size_t to = (at.image * outputs + b) * plane + at.row * row + at.column * 16;
      const float *residual = e->residual ? e->residual + to : NULL;
      if (!is_whole && residual) {
        copy_patch(addend, m * 16, residual, row, rows, columns);
        residual = addend;
      }
      for (size_t lane = 0; lane < 16; lane += lanes) {
        floats bias = e->bias ? load(e->bias + b * 16 + lane) : all(0);
        transform_output_tile(
            (is_whole ? y + to : patch) + lane, is_whole ? row : m * 16,
            residual ? residual + lane : NULL, from + (b * count + t) * 16 + lane, stride, bias,
            how, e->activation, m);
      }
      if (!is_whole) copy_patch(y + to, row, patch, m * 16, rows, columns);
    }
  }
}

static void winograd_output(
    float *y, const float *m, const ck_convolution *c, const ck_epilogue *e, ck_winograd tiling,
    ck_span blocks) {
  if (tiling.m == 2) return transform_output(y, m, c, e, tiling, blocks, 2);
  transform_output(y, m, c, e, tiling, blocks, 4);
}

#endif
