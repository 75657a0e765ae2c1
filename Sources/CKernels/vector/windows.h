// Kernels whose windows slide over a plane.
//
//   unfold            each row of `columns` is a shifted copy of image rows: the part of the row in
//                     the padding is found once, the rest is copied (stride 1) or picked (others);
//                     where output rows are as long as input rows, the plane is copied in one piece
//                     and what came round the edges is set to zero
//   pool_plane        rows of a window are combined into one row of column results with contiguous
//                     vectors, then each output takes its kernel_width columns
//   convolve_plane    each tap adds its product to a whole output row, which stays in L1
#ifndef CK_WINDOWS_H
#define CK_WINDOWS_H

#include "../ck_window_range.h"
#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

/// to[i] = from[i · stride].
static inline void pick(
    float *restrict to, const float *restrict from, ptrdiff_t count, ptrdiff_t stride) {
  if (stride == 1) {
    memcpy(to, from, (size_t)count * sizeof *to);
  } else if (stride == 2) {
    for (ptrdiff_t i = 0; i < count; i++) to[i] = from[2 * i];
  } else {
    for (ptrdiff_t i = 0; i < count; i++) to[i] = from[i * stride];
  }
}

static inline void zero(float *to, ptrdiff_t count) {
  if (count > 0) memset(to, 0, (size_t)count * sizeof *to);
}

/// One tap of a window, output row by output row.
static void unfold_rows(
    float *to, const float *plane, const ck_windows *w, ptrdiff_t row_shift, ptrdiff_t shift,
    ck_range inside, ptrdiff_t first_pixel, ptrdiff_t pixels) {
  ptrdiff_t from = first_pixel % w->output_width;
  for (ptrdiff_t o = first_pixel / w->output_width; pixels > 0; o++) {
    ptrdiff_t end = from + pixels < w->output_width ? from + pixels : w->output_width;
    ptrdiff_t row = o * w->stride_height + row_shift;
    ptrdiff_t first = inside.first > from ? inside.first : from;
    ptrdiff_t last = inside.end < end ? inside.end : end;
    if (row < 0 || row >= w->height || first >= last) {
      zero(to, end - from);
    } else {
      zero(to, first - from);
      pick(
          to + (first - from), plane + row * w->width + first * w->stride_width + shift,
          last - first, w->stride_width);
      zero(to + (last - from), end - last);
    }
    to += end - from, pixels -= end - from, from = 0;
  }
}

/// Zero for the pixels `first ..< end` of one column of an image; `to` points at the first.
static inline void zero_column(
    float *to, ptrdiff_t column, ptrdiff_t width, ptrdiff_t first, ptrdiff_t end) {
  ptrdiff_t p = first - first % width + column;
  for (p += p < first ? width : 0; p < end; p += width) to[p - first] = 0;
}

/// One tap of a window whose output rows are as long as its input rows, stride 1.
///
/// Pixel p reads plane[p + offset], if that is in the plane and did not come round an edge.
static void unfold_shifted(
    float *to, const float *plane, const ck_windows *w, ptrdiff_t row_shift, ptrdiff_t shift,
    ck_range inside, ptrdiff_t first_pixel, ptrdiff_t pixels) {
  ptrdiff_t offset = row_shift * w->width + shift;
  ptrdiff_t end = first_pixel + pixels;
  ck_range in = ck_outputs_inside(end, 1, offset, w->height * w->width);
  if (in.first < first_pixel) in.first = first_pixel;
  if (in.end < in.first) in.end = in.first;
  zero(to, in.first - first_pixel);
  memcpy(
      to + (in.first - first_pixel), plane + in.first + offset,
      (size_t)(in.end - in.first) * sizeof *to);
  zero(to + (in.end - first_pixel), end - in.end);
  for (ptrdiff_t column = 0; column < inside.first; column++) {
    zero_column(to, column, w->width, first_pixel, end);
  }
  for (ptrdiff_t column = inside.end; column < w->width; column++) {
    zero_column(to, column, w->width, first_pixel, end);
  }
}

static void unfold(
    float *columns, size_t columns_stride, const float *image, const ck_windows *w,
    size_t first_row, size_t rows, size_t first_pixel, size_t pixels) {
  ptrdiff_t tap = (ptrdiff_t)first_row;
  ptrdiff_t j = tap % w->kernel_width;
  ptrdiff_t i = tap / w->kernel_width % w->kernel_height;
  const float *plane = image + tap / w->kernel_width / w->kernel_height * w->height * w->width;
  for (size_t k = 0; k < rows; k++, columns += columns_stride) {
    ptrdiff_t shift = j * w->dilation_width - w->pad_left;
    ck_range inside = ck_outputs_inside(w->output_width, w->stride_width, shift, w->width);

    if (w->stride_height == 1 && w->stride_width == 1 && w->output_width == w->width) {
      unfold_shifted(
          columns, plane, w, i * w->dilation_height - w->pad_top, shift, inside,
          (ptrdiff_t)first_pixel, (ptrdiff_t)pixels);
    } else {
      unfold_rows(
          columns, plane, w, i * w->dilation_height - w->pad_top, shift, inside,
          (ptrdiff_t)first_pixel, (ptrdiff_t)pixels);
    }
    if (++j < w->kernel_width) continue;
    j = 0;
    if (++i < w->kernel_height) continue;
    i = 0, plane += w->height * w->width;
  }
}

static inline void reduce_row(
    float *restrict to, const float *restrict x, ptrdiff_t count, int takes_maximum) {
  ptrdiff_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    floats a = load(to + i), b = load(x + i);
    store(to + i, takes_maximum ? vector_larger(a, b) : a + b);
  }
  for (; i < count; i++) to[i] = takes_maximum ? larger(to[i], x[i]) : to[i] + x[i];
}

static inline ptrdiff_t overlap(ptrdiff_t start, ptrdiff_t length, ptrdiff_t low, ptrdiff_t high) {
  ptrdiff_t end = start + length < high ? start + length : high;
  if (start < low) start = low;
  return end > start ? end - start : 0;
}

static void pool_plane(
    float *y, const float *x, const ck_windows *w, ck_pooling pooling, float *scratch) {
  int takes_maximum = pooling == ck_pool_maximum;
  int padded = pooling == ck_pool_average_padded;
  float start = takes_maximum ? -INFINITY : 0;
  for (ptrdiff_t o = 0; o < w->output_height; o++, y += w->output_width) {
    ptrdiff_t top = o * w->stride_height - w->pad_top;
    ptrdiff_t bottom = top + w->kernel_height < w->height ? top + w->kernel_height : w->height;
    for (ptrdiff_t c = 0; c < w->width; c++) scratch[c] = start;
    for (ptrdiff_t i = top < 0 ? 0 : top; i < bottom; i++) {
      reduce_row(scratch, x + i * w->width, w->width, takes_maximum);
    }
    for (ptrdiff_t p = 0; p < w->output_width; p++) y[p] = start;
    for (ptrdiff_t j = 0; j < w->kernel_width; j++) {
      ptrdiff_t shift = j - w->pad_left;
      ck_range in = ck_outputs_inside(w->output_width, w->stride_width, shift, w->width);
      const float *from = scratch + shift;
      ptrdiff_t stride = w->stride_width;
      if (takes_maximum && stride == 2) {
        for (ptrdiff_t p = in.first; p < in.end; p++) y[p] = larger(y[p], from[2 * p]);
      } else if (takes_maximum) {
        for (ptrdiff_t p = in.first; p < in.end; p++) y[p] = larger(y[p], from[p * stride]);
      } else {
        for (ptrdiff_t p = in.first; p < in.end; p++) y[p] += from[p * stride];
      }
    }
    if (takes_maximum) continue;
    ptrdiff_t rows = overlap(
        top, w->kernel_height, padded ? -w->pad_top : 0,
        w->height + (padded ? w->pad_bottom : 0));
    for (ptrdiff_t p = 0; p < w->output_width; p++) {
      ptrdiff_t divisor = rows * overlap(
          p * w->stride_width - w->pad_left, w->kernel_width, padded ? -w->pad_left : 0,
          w->width + (padded ? w->pad_right : 0));
      y[p] = divisor > 0 ? y[p] / (float)divisor : 0;
    }
  }
}

static void convolve_plane(float *y, const float *x, const float *taps, const ck_windows *w) {
  for (ptrdiff_t o = 0; o < w->output_height; o++) {
    float *restrict to = y + o * w->output_width;
    zero(to, w->output_width);
    for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
      ptrdiff_t row = o * w->stride_height + i * w->dilation_height - w->pad_top;
      if (row < 0 || row >= w->height) continue;
      for (ptrdiff_t j = 0; j < w->kernel_width; j++) {
        float tap = taps[i * w->kernel_width + j];
        ptrdiff_t shift = j * w->dilation_width - w->pad_left, stride = w->stride_width;
        ck_range in = ck_outputs_inside(w->output_width, stride, shift, w->width);
        const float *restrict from = x + row * w->width + shift;
        if (stride == 1) {
          for (ptrdiff_t p = in.first; p < in.end; p++) to[p] += tap * from[p];
        } else if (stride == 2) {
          for (ptrdiff_t p = in.first; p < in.end; p++) to[p] += tap * from[2 * p];
        } else {
          for (ptrdiff_t p = in.first; p < in.end; p++) to[p] += tap * from[p * stride];
        }
      }
    }
  }
}

#endif
