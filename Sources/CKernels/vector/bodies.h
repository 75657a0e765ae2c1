// The kernels over vectors of `CK_VECTOR_BYTES`, compiled once for each instruction set that defines
// it and includes this file.
//
//   affine, combine   one vector at a time, the tail one by one with the same operations
//   unfold            each row of `columns` is a shifted copy of image rows: the part of the row in
//                     the padding is found once, the rest is copied (stride 1) or picked (others);
//                     where output rows are as long as input rows, the plane is copied in one piece
//                     and what came round the edges is set to zero
//   pool_plane        rows of a window are combined into one row of column results with contiguous
//                     vectors, then each output takes its kernel_width columns
//   convolve_plane    each tap adds its product to a whole output row, which stays in L1
//   dot_rows          64 lanes in registers; one pass over the weights, which is what limits it
//
// Loads and stores may be unaligned. Contraction is off: see ck_table.h.
#include <math.h>
#include <string.h>

#include "../ck_window_range.h"
#include "../include/ck_table.h"

#pragma STDC FP_CONTRACT OFF

enum { lanes = CK_VECTOR_BYTES / sizeof(float), dot_vectors = CK_DOT_LANES / lanes };
typedef float floats __attribute__((vector_size(CK_VECTOR_BYTES)));
typedef int mask __attribute__((vector_size(CK_VECTOR_BYTES)));
typedef float unaligned_floats
    __attribute__((vector_size(CK_VECTOR_BYTES), aligned(4), may_alias));

static inline floats load(const float *p) { return *(const unaligned_floats *)p; }
static inline void store(float *p, floats v) { *(unaligned_floats *)p = v; }
static inline floats all(float x) { return (floats){} + x; }

/// a where the mask is set, else b.
static inline floats select(mask m, floats a, floats b) {
  return (floats)((m & (mask)a) | (~m & (mask)b));
}

static inline float larger(float best, float x) { return x > best || x != x ? x : best; }
static inline floats vector_larger(floats best, floats x) {
  return select((x > best) | (x != x), x, best);
}

/// What is left to do after the sum: decided once for each call, not for each element.
typedef enum { keep, rectify, rectify_any } finish;

static inline finish finish_for(ck_activation a) {
  if (a.maximum == INFINITY) {
    if (a.negative_slope == 1) return keep;
    if (a.negative_slope == 0) return rectify;
  }
  return rectify_any;
}

static inline float finished(float x, finish how, ck_activation a) {
  if (how == keep) return x;
  if (x < 0) x = how == rectify || a.negative_slope == 0 ? 0 : x * a.negative_slope;
  return how == rectify_any && x > a.maximum ? a.maximum : x;
}

static inline floats vector_finished(floats x, finish how, ck_activation a) {
  if (how == keep) return x;
  if (how == rectify) return select(x < 0, all(0), x);
  floats negative = a.negative_slope == 0 ? all(0) : x * a.negative_slope;
  x = select(x < 0, negative, x);
  return select(x > a.maximum, all(a.maximum), x);
}

static inline __attribute__((always_inline)) void affine_row(
    float *y, const float *x, float scale, float shift, const float *addend, size_t columns,
    finish how, ck_activation a) {
  size_t c = 0;
  for (; c + lanes <= columns; c += lanes) {
    floats v = load(x + c) * scale + shift;
    if (addend) v += load(addend + c);
    store(y + c, vector_finished(v, how, a));
  }
  for (; c < columns; c++) {
    float v = x[c] * scale + shift;
    if (addend) v += addend[c];
    y[c] = finished(v, how, a);
  }
}

static void affine_rows(
    float *y, size_t y_stride, const float *x, size_t x_stride, const float *scale,
    const float *shift, const float *addend, size_t addend_stride, size_t rows, size_t columns,
    ck_activation a) {
  finish how = finish_for(a);
  for (size_t r = 0; r < rows; r++) {
    float s = scale ? scale[r] : 1, t = shift ? shift[r] : 0;
    const float *row = addend ? addend + r * addend_stride : NULL;
    switch (how) {
      case keep: affine_row(y, x, s, t, row, columns, keep, a); break;
      case rectify: affine_row(y, x, s, t, row, columns, rectify, a); break;
      case rectify_any: affine_row(y, x, s, t, row, columns, rectify_any, a); break;
    }
    y += y_stride, x += x_stride;
  }
}

static void affine_elements(
    float *y, const float *x, const float *scale, const float *shift, size_t count,
    ck_activation a) {
  finish how = finish_for(a);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    floats v = load(x + i) * (scale ? load(scale + i) : all(1));
    v += shift ? load(shift + i) : all(0);
    store(y + i, vector_finished(v, how, a));
  }
  for (; i < count; i++) {
    y[i] = finished(x[i] * (scale ? scale[i] : 1) + (shift ? shift[i] : 0), how, a);
  }
}

static void combine(
    float *y, const float *const *x, const float *coefficients, size_t inputs,
    ck_combination combination, size_t count, ck_activation a) {
  finish how = finish_for(a);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    floats v = load(x[0] + i) * (coefficients ? coefficients[0] : 1);
    for (size_t n = 1; n < inputs; n++) {
      floats operand = load(x[n] + i);
      switch (combination) {
        case ck_sum: v += operand * (coefficients ? coefficients[n] : 1); break;
        case ck_product: v *= operand; break;
        case ck_maximum: v = vector_larger(v, operand); break;
      }
    }
    store(y + i, vector_finished(v, how, a));
  }
  for (; i < count; i++) {
    float v = x[0][i] * (coefficients ? coefficients[0] : 1);
    for (size_t n = 1; n < inputs; n++) {
      switch (combination) {
        case ck_sum: v += x[n][i] * (coefficients ? coefficients[n] : 1); break;
        case ck_product: v *= x[n][i]; break;
        case ck_maximum: v = larger(v, x[n][i]); break;
      }
    }
    y[i] = finished(v, how, a);
  }
}

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

static double plane_sum(const float *x, size_t count) {
  double sum[8] = {0};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (size_t lane = 0; lane < 8; lane++) sum[lane] += x[i + lane];
  }
  for (; i < count; i++) sum[i % 8] += x[i];
  for (size_t half = 4; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; lane++) sum[lane] += sum[lane + half];
  }
  return sum[0];
}

static float plane_maximum(const float *x, size_t count) {
  floats best = all(-INFINITY);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) best = vector_larger(best, load(x + i));
  float result = -INFINITY;
  for (; i < count; i++) result = larger(result, x[i]);
  for (size_t lane = 0; lane < lanes; lane++) result = larger(result, best[lane]);
  return result;
}

static void dot_rows(
    float *y, const float *weights, size_t weights_stride, const float *x, const float *bias,
    size_t rows, size_t count, ck_activation a) {
  finish how = finish_for(a);
  for (size_t r = 0; r < rows; r++, weights += weights_stride) {
    floats partial[dot_vectors] = {0};
    size_t k = 0;
    for (; k + CK_DOT_LANES <= count; k += CK_DOT_LANES) {
      for (size_t v = 0; v < dot_vectors; v++) {
        partial[v] += load(weights + k + v * lanes) * load(x + k + v * lanes);
      }
    }
    float sums[CK_DOT_LANES];
    for (size_t v = 0; v < dot_vectors; v++) store(sums + v * lanes, partial[v]);
    for (size_t lane = 0; k < count; k++, lane++) sums[lane] += weights[k] * x[k];
    for (size_t half = CK_DOT_LANES / 2; half > 0; half /= 2) {
      for (size_t lane = 0; lane < half; lane++) sums[lane] += sums[lane + half];
    }
    y[r] = finished(sums[0] + (bias ? bias[r] : 0), how, a);
  }
}

static const ck_table table = {
    .affine_rows = affine_rows,
    .affine_elements = affine_elements,
    .combine = combine,
    .unfold = unfold,
    .pool_plane = pool_plane,
    .convolve_plane = convolve_plane,
    .plane_sum = plane_sum,
    .plane_maximum = plane_maximum,
    .dot_rows = dot_rows,
};
