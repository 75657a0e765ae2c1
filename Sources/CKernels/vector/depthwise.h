// Depthwise convolution: each channel with its own taps, 16 channels of a block side by side.
//
//     y[p][c] = act(bias[c] + Σ x[p + tap][c] · w[tap][c] + residual[p][c])
//
// Tiles of `depthwise_pixels` neighbouring outputs; taps outside the plane are left out, which a
// border tile decides once for each tap and pixel, an inner one never. Bound by loads: each product
// needs one of its own.
#ifndef CK_DEPTHWISE_H
#define CK_DEPTHWISE_H

#include "../blocking.h"
#include "tile.h"

enum { depthwise_pixels = CK_VECTOR_BYTES == 64 ? 12 : 4, block_vectors = 16 / lanes };

/// Some neighbouring outputs of one block; `column` is the first tap's, maybe in the padding.
static inline __attribute__((always_inline)) void depthwise_tile(
    float *y, const float *plane, const float *weights, const float *bias, const float *residual,
    const ck_windows *w, ptrdiff_t top, ptrdiff_t column, ck_activation a, finish how,
    size_t pixels, bool is_inner) {
  floats c[depthwise_pixels][block_vectors];
  UNROLL for (size_t p = 0; p < pixels; p++) {
    UNROLL for (size_t v = 0; v < block_vectors; v++) {
      c[p][v] = bias ? load(bias + v * lanes) : all(0);
    }
  }
  for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
    ptrdiff_t row = top + i * w->dilation_height;
    if (row < 0 || row >= w->height) continue;
    for (ptrdiff_t j = 0; j < w->kernel_width; j++) {
      const float *taps = weights + (i * w->kernel_width + j) * 16;
      floats tap[block_vectors];
      UNROLL for (size_t v = 0; v < block_vectors; v++) tap[v] = load(taps + v * lanes);
      UNROLL for (size_t p = 0; p < pixels; p++) {
        ptrdiff_t at = column + (ptrdiff_t)p * w->stride_width + j * w->dilation_width;
        if (!is_inner && (at < 0 || at >= w->width)) continue;
        const float *x = plane + (row * w->width + at) * 16;
        UNROLL for (size_t v = 0; v < block_vectors; v++) {
          c[p][v] = fused(load(x + v * lanes), tap[v], c[p][v]);
        }
      }
    }
  }
  UNROLL for (size_t p = 0; p < pixels; p++) {
    UNROLL for (size_t v = 0; v < block_vectors; v++) {
      floats sum = c[p][v];
      if (residual) sum += load(residual + p * 16 + v * lanes);
      store(y + p * 16 + v * lanes, vector_finished(sum, how, a));
    }
  }
}

static void convolve_depthwise(
    float *y, const float *x, const float *weights, const ck_convolution *c, const ck_epilogue *e,
    ck_part part, float *scratch) {
  (void)scratch;
  const ck_windows *w = &c->windows;
  size_t blocks = ck_blocks(c->output_channels), x_plane = (size_t)(w->height * w->width) * 16;
  size_t width = (size_t)w->output_width, y_plane = (size_t)w->output_height * width * 16;
  ptrdiff_t reach = (depthwise_pixels - 1) * w->stride_width +
      (w->kernel_width - 1) * w->dilation_width;
  finish how = finish_for(e->activation);
  for (size_t n = part.images.first; n < part.images.end; n++) {
    for (size_t b = part.panels.first; b < part.panels.end; b++) {
      const float *plane = x + (n * blocks + b) * x_plane;
      const float *taps = weights + b * ck_taps(w) * 16;
      const float *bias = e->bias ? e->bias + b * 16 : NULL;
      for (size_t r = part.rows.first; r < part.rows.end; r++) {
        size_t to = (n * blocks + b) * y_plane + r * width * 16;
        ptrdiff_t top = (ptrdiff_t)r * w->stride_height - w->pad_top;
        for (size_t p = 0; p < width;) {
          ptrdiff_t column = (ptrdiff_t)p * w->stride_width - w->pad_left;
          const float *residual = e->residual ? e->residual + to + p * 16 : NULL;
          float *out = y + to + p * 16;
          if (p + depthwise_pixels > width) {
            depthwise_tile(
                out, plane, taps, bias, residual, w, top, column, e->activation, how, 1, false);
            p++;
            continue;
          }
          if (column >= 0 && column + reach < w->width) {
            depthwise_tile(
                out, plane, taps, bias, residual, w, top, column, e->activation, how,
                depthwise_pixels, true);
          } else {
            depthwise_tile(
                out, plane, taps, bias, residual, w, top, column, e->activation, how,
                depthwise_pixels, false);
          }
          p += depthwise_pixels;
        }
      }
    }
  }
}

#endif
