// Pooling of blocks: 16 channels side by side, windows clipped to the plane before they are read.
#ifndef CK_POOLING_H
#define CK_POOLING_H

#include "../pooling.h"
#include "depthwise.h"

/// One window.
INLINE void pool_window(
    float *y, const float *plane, size_t row, ck_window window, bool takes_maximum) {
  floats c[block_vectors];
  UNROLL for (size_t v = 0; v < block_vectors; v++) c[v] = all(takes_maximum ? -INFINITY : 0);
  for (ptrdiff_t i = window.top; i < window.bottom; i++) {
    const float *x = plane + (size_t)i * row;
    for (ptrdiff_t j = window.left; j < window.right; j++) {
      UNROLL for (size_t v = 0; v < block_vectors; v++) {
        floats element = load(x + j * 16 + (ptrdiff_t)(v * lanes));
        c[v] = takes_maximum ? vector_larger(c[v], element) : c[v] + element;
      }
    }
  }
  UNROLL for (size_t v = 0; v < block_vectors; v++) {
    if (!takes_maximum) c[v] = window.divisor > 0 ? c[v] / all(window.divisor) : all(0);
    store(y + v * lanes, c[v]);
  }
}

static void pool(
    float *y, const float *x, size_t channels, const ck_windows *w, ck_pooling pooling,
    ck_part part) {
  size_t x_row = (size_t)w->width * 16, y_row = (size_t)w->output_width * 16;
  size_t blocks = ck_blocks(channels);
  for (size_t n = part.images.first; n < part.images.end; n++) {
    for (size_t b = part.panels.first; b < part.panels.end; b++) {
      const float *plane = x + (n * blocks + b) * (size_t)w->height * x_row;
      size_t live = ck_smaller(channels - b * 16, 16);
      for (size_t r = part.rows.first; r < part.rows.end; r++) {
        float *to = y + ((n * blocks + b) * (size_t)w->output_height + r) * y_row;
        for (size_t p = 0; p < (size_t)w->output_width; p++) {
          ck_window window = ck_window_at(w, pooling, r, p);
          if (pooling == ck_pool_maximum) {
            pool_window(to + p * 16, plane, x_row, window, true);
            for (size_t lane = live; lane < 16; lane++) to[p * 16 + lane] = 0;
          } else {
            pool_window(to + p * 16, plane, x_row, window, false);
          }
        }
      }
    }
  }
}

static void average_planes(float *y, const float *x, size_t planes, size_t pixels) {
  typedef double doubles __attribute__((vector_size(128)));
  typedef float sixteen __attribute__((vector_size(64)));
  for (size_t n = 0; n < planes; n++) {
    doubles sum = {0};
    for (size_t p = 0; p < pixels; p++, x += 16) {
      sixteen element;
      memcpy(&element, x, sizeof element);
      sum += __builtin_convertvector(element, doubles);
    }
    sixteen mean = __builtin_convertvector(sum / (double)pixels, sixteen);
    memcpy(y + n * 16, &mean, sizeof mean);
  }
}

static void scale_planes(
    float *y, const float *x, const float *scale, const float *shift, size_t planes,
    size_t pixels, ck_activation a) {
  finish how = finish_for(a);
  for (size_t n = 0; n < planes; n++) {
    for (size_t v = 0; v < 16; v += lanes) {
      floats factor = scale ? load(scale + n * 16 + v) : all(1);
      floats addend = shift ? load(shift + n * 16 + v) : all(0);
      for (size_t i = n * pixels * 16 + v; i < (n + 1) * pixels * 16; i += 16) {
        store(y + i, vector_finished(fused(load(x + i), factor, addend), how, a));
      }
    }
  }
}

static void rectify_planes(
    float *y, const float *x, const float *slopes, size_t planes, size_t pixels) {
  for (size_t n = 0; n < planes; n++) {
    for (size_t v = 0; v < 16; v += lanes) {
      floats slope = load(slopes + n * 16 + v);
      for (size_t i = n * pixels * 16 + v; i < (n + 1) * pixels * 16; i += 16) {
        floats element = load(x + i);
        store(y + i, select(element < 0, element * slope, element));
      }
    }
  }
}

#endif
