// What the twins do to one element: the last word on ties, NaN and signs.
#ifndef CK_SCALAR_ELEMENTS_H
#define CK_SCALAR_ELEMENTS_H

#include <math.h>

#include "../blocking.h"

// Written so that NaN comes through, and -infinity · 0 does not make one.
static inline float activated(float x, ck_activation activation) {
  if (x < 0) x = activation.negative_slope == 0 ? 0 : x * activation.negative_slope;
  return x > activation.maximum ? activation.maximum : x;
}

/// The index of a channel's element in the blocks of an image; `pixel` counts over the plane.
static inline size_t blocked(size_t channel, size_t pixel, size_t pixels) {
  return (channel / CK_BLOCK * pixels + pixel) * CK_BLOCK + channel % CK_BLOCK;
}

/// An element of a plane of blocks, 0 in the padding.
static inline float padded(
    const float *image, const ck_windows *w, size_t channel, ptrdiff_t row, ptrdiff_t column) {
  if (row < 0 || row >= w->height || column < 0 || column >= w->width) return 0;
  return image[blocked(channel, (size_t)(row * w->width + column), (size_t)(w->height * w->width))];
}

#endif
