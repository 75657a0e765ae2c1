// Fully connected layers: images are the pixels of the register tile, features its blocks.
//
//     y[n][o] = act(bias[o] + Σ x[n][k] · w[k][o] + residual[n][o])
//
// One image is a product of a matrix and a vector, bound by the weights' way from memory: four
// panels are read side by side, with as many sums in flight. Both roads add in the same order.
#ifndef CK_DENSE_H
#define CK_DENSE_H

#include "../blocking.h"
#include "tile.h"

enum { gemv_panels = 4 };

/// One image, four full panels.
static void multiply_vector(const tile *t, size_t panel_stride) {
  floats c[gemv_panels][tile_vectors];
  UNROLL for (size_t p = 0; p < gemv_panels; p++) {
    UNROLL for (size_t v = 0; v < tile_vectors; v++) {
      c[p][v] = t->start ? load(t->start + p * widest_panel + v * lanes) : all(0);
    }
  }
  for (size_t k = 0; k < t->blocks * 16; k++) {
    floats broadcast = all(t->x[k]);
    const float *w = t->w + k * widest_panel;
    UNROLL for (size_t p = 0; p < gemv_panels; p++) {
      __builtin_prefetch(w + p * panel_stride + 16 * widest_panel, 0, 3);
      UNROLL for (size_t v = 0; v < tile_vectors; v++) {
        c[p][v] = fused(broadcast, load(w + p * panel_stride + v * lanes), c[p][v]);
      }
    }
  }
  UNROLL for (size_t p = 0; p < gemv_panels; p++) {
    UNROLL for (size_t v = 0; v < tile_vectors; v++) {
      size_t offset = p * widest_panel + v * lanes;
      floats sum = c[p][v];
      if (t->residual) sum += load(t->residual + offset);
      store(t->y + offset, vector_finished(sum, t->how, t->activation));
    }
  }
}

static void multiply_dense(
    float *y, const float *x, const float *weights, size_t inputs, size_t outputs,
    const ck_epilogue *e, ck_span images, ck_span panels) {
  static const float zeros[widest_panel] __attribute__((aligned(64)));
  size_t blocks = ck_blocks(inputs), x_row = blocks * 16, y_row = ck_blocks(outputs) * 16;
  size_t panel_stride = x_row * widest_panel, count = images.end - images.first;
  size_t most = ck_chunk_bytes / (16 * widest_panel * sizeof(float));
  for (size_t p = panels.first; p < panels.end;) {
    size_t at = p * widest_panel, to = images.first * y_row + at;
    size_t width = ck_smaller(y_row - at, widest_panel);
    tile t = {
        .x = x + images.first * x_row, .pixel_stride = x_row, .blocks = blocks, .block_stride = 16,
        .tap_rows = 1, .tap_columns = 1, .run = 16, .w = weights + p * panel_stride,
        .start = e->bias ? e->bias + at : NULL, .y = y + to,
        .residual = e->residual ? e->residual + to : NULL, .y_pixel_stride = y_row,
        .y_block_stride = 16, .how = finish_for(e->activation), .activation = e->activation,
    };
    if (count == 1 && p + gemv_panels <= panels.end &&
        (p + gemv_panels) * widest_panel <= y_row) {
      multiply_vector(&t, panel_stride);
      p += gemv_panels;
      continue;
    }
    if (t.start == NULL) t.start = zeros;
    for (size_t k = 0; k < blocks; k += most) {
      size_t end = ck_smaller(k + most, blocks);
      t.blocks = end - k, t.w = weights + p * panel_stride + k * 16 * width;
      t.is_last = end == blocks;
      const float *next = end < blocks ? t.w + t.blocks * 16 * width
          : p + 1 < panels.end         ? weights + (p + 1) * panel_stride
                                       : weights;
      prefetch_weights(&t, next, tile_count(count), width);
      compute_row(
          &t, x + images.first * x_row + k * 16, y + to, e->residual ? e->residual + to : NULL,
          count, width);
      t.start = NULL;
    }
    p++;
  }
}

#endif
