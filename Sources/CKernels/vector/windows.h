// Windows unfolded: `im2col`.
//
// Each row of `columns` is a shifted copy of image rows: the part of the row in the padding is
// found once, the rest is copied (stride 1) or picked (others); where output rows are as long as
// input rows, the plane is copied in one piece and what came round the edges is set to zero.
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

#endif
