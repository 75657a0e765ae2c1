// Which elements a pooling window has, and what their average is divided by.
#ifndef CK_POOLING_WINDOW_H
#define CK_POOLING_WINDOW_H

#include "blocking.h"

typedef struct {
  ptrdiff_t top, bottom, left, right;  // clipped to the plane
  float divisor;                       // 0 for a window that has none
} ck_window;

static inline ptrdiff_t ck_overlap(ptrdiff_t start, ptrdiff_t length, ptrdiff_t low, ptrdiff_t high) {
  ptrdiff_t end = start + length < high ? start + length : high;
  if (start < low) start = low;
  return end > start ? end - start : 0;
}

static inline ck_window ck_window_at(
    const ck_windows *w, ck_pooling pooling, size_t row, size_t column) {
  ptrdiff_t top = (ptrdiff_t)row * w->stride_height - w->pad_top;
  ptrdiff_t left = (ptrdiff_t)column * w->stride_width - w->pad_left;
  ck_window window = {
      top > 0 ? top : 0, top + w->kernel_height < w->height ? top + w->kernel_height : w->height,
      left > 0 ? left : 0, left + w->kernel_width < w->width ? left + w->kernel_width : w->width,
      0};
  ptrdiff_t before = 0, bottom = 0, right = 0;
  if (pooling == ck_pool_average_padded) before = 1, bottom = w->pad_bottom, right = w->pad_right;
  window.divisor = (float)(
      ck_overlap(top, w->kernel_height, -before * w->pad_top, w->height + bottom) *
      ck_overlap(left, w->kernel_width, -before * w->pad_left, w->width + right));
  return window;
}

#endif
