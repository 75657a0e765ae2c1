// The kernels as their formulas say: the twins that every other level is compared with.
//
// The order of the additions is the contract of ck_table.h. Contraction is off, so that a product
// is rounded before it is added, whatever the processor offers.
#include "scalar.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

static float activated(float x, ck_activation activation) {
  // Written so that NaN comes through, and -infinity · 0 does not make one.
  if (x < 0) x = activation.negative_slope == 0 ? 0 : x * activation.negative_slope;
  return x > activation.maximum ? activation.maximum : x;
}

static float larger(float best, float x) { return x > best || x != x ? x : best; }
static float smaller(float best, float x) { return x < best || x != x ? x : best; }

static void affine_rows(
    float *y, size_t y_stride, const float *x, size_t x_stride, const float *scale,
    const float *shift, const float *addend, size_t addend_stride, size_t rows, size_t columns,
    ck_activation activation) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < columns; c++) {
      float value = x[r * x_stride + c] * (scale ? scale[r] : 1) + (shift ? shift[r] : 0);
      if (addend) value += addend[r * addend_stride + c];
      y[r * y_stride + c] = activated(value, activation);
    }
  }
}

static void affine_elements(
    float *y, const float *x, const float *scale, const float *shift, size_t count,
    ck_activation activation) {
  for (size_t i = 0; i < count; i++) {
    y[i] = activated(x[i] * (scale ? scale[i] : 1) + (shift ? shift[i] : 0), activation);
  }
}

static void combine(
    float *y, const float *const *x, const float *coefficients, size_t inputs,
    ck_combination combination, size_t count, ck_activation activation) {
  for (size_t i = 0; i < count; i++) {
    float value = x[0][i] * (coefficients ? coefficients[0] : 1);
    for (size_t n = 1; n < inputs; n++) {
      switch (combination) {
        case ck_sum: value += x[n][i] * (coefficients ? coefficients[n] : 1); break;
        case ck_product: value *= x[n][i]; break;
        case ck_maximum: value = larger(value, x[n][i]); break;
        case ck_minimum: value = smaller(value, x[n][i]); break;
      }
    }
    y[i] = activated(value, activation);
  }
}

static void unfold(
    float *columns, size_t columns_stride, const float *image, const ck_windows *w,
    size_t first_row, size_t rows, size_t first_pixel, size_t pixels) {
  for (size_t k = 0; k < rows; k++) {
    ptrdiff_t tap = (ptrdiff_t)(first_row + k);
    ptrdiff_t j = tap % w->kernel_width;
    ptrdiff_t i = tap / w->kernel_width % w->kernel_height;
    ptrdiff_t c = tap / w->kernel_width / w->kernel_height;
    for (size_t p = 0; p < pixels; p++) {
      ptrdiff_t pixel = (ptrdiff_t)(first_pixel + p);
      ptrdiff_t row = pixel / w->output_width * w->stride_height + i * w->dilation_height -
          w->pad_top;
      ptrdiff_t column = pixel % w->output_width * w->stride_width + j * w->dilation_width -
          w->pad_left;
      int inside = row >= 0 && row < w->height && column >= 0 && column < w->width;
      columns[k * columns_stride + p] =
          inside ? image[(c * w->height + row) * w->width + column] : 0;
    }
  }
}

static ptrdiff_t overlap(ptrdiff_t start, ptrdiff_t length, ptrdiff_t low, ptrdiff_t high) {
  ptrdiff_t end = start + length < high ? start + length : high;
  if (start < low) start = low;
  return end > start ? end - start : 0;
}

static void pool_plane(
    float *y, const float *x, const ck_windows *w, ck_pooling pooling, float *scratch) {
  (void)scratch;
  for (ptrdiff_t o = 0; o < w->output_height; o++) {
    for (ptrdiff_t p = 0; p < w->output_width; p++) {
      ptrdiff_t top = o * w->stride_height - w->pad_top;
      ptrdiff_t left = p * w->stride_width - w->pad_left;
      float best = -INFINITY, sum = 0;
      for (ptrdiff_t j = left; j < left + w->kernel_width; j++) {
        if (j < 0 || j >= w->width) continue;
        float column_best = -INFINITY, column_sum = 0;
        for (ptrdiff_t i = top; i < top + w->kernel_height; i++) {
          if (i < 0 || i >= w->height) continue;
          column_best = larger(column_best, x[i * w->width + j]);
          column_sum += x[i * w->width + j];
        }
        best = larger(best, column_best);
        sum += column_sum;
      }
      ptrdiff_t before = 0, right = 0, bottom = 0;
      if (pooling == ck_pool_average_padded) {
        before = 1, right = w->pad_right, bottom = w->pad_bottom;
      }
      ptrdiff_t divisor =
          overlap(top, w->kernel_height, -before * w->pad_top, w->height + bottom) *
          overlap(left, w->kernel_width, -before * w->pad_left, w->width + right);
      float average = divisor > 0 ? sum / (float)divisor : 0;
      y[o * w->output_width + p] = pooling == ck_pool_maximum ? best : average;
    }
  }
}

static void convolve_plane(
    float *y, const float *x, const float *taps, const ck_windows *w) {
  for (ptrdiff_t o = 0; o < w->output_height; o++) {
    for (ptrdiff_t p = 0; p < w->output_width; p++) {
      float sum = 0;
      for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
        for (ptrdiff_t j = 0; j < w->kernel_width; j++) {
          ptrdiff_t row = o * w->stride_height + i * w->dilation_height - w->pad_top;
          ptrdiff_t column = p * w->stride_width + j * w->dilation_width - w->pad_left;
          if (row < 0 || row >= w->height || column < 0 || column >= w->width) continue;
          sum += taps[i * w->kernel_width + j] * x[row * w->width + column];
        }
      }
      y[o * w->output_width + p] = sum;
    }
  }
}

static double plane_sum(const float *x, size_t count) {
  double lanes[8] = {0};
  for (size_t i = 0; i < count; i++) lanes[i % 8] += x[i];
  for (size_t half = 4; half > 0; half /= 2) {
    for (size_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

static float plane_maximum(const float *x, size_t count) {
  float best = -INFINITY;
  for (size_t i = 0; i < count; i++) best = larger(best, x[i]);
  return best;
}

static void dot_rows(
    float *y, const float *weights, size_t weights_stride, const float *x, const float *bias,
    size_t rows, size_t count, ck_activation activation) {
  for (size_t r = 0; r < rows; r++) {
    float lanes[CK_DOT_LANES] = {0};
    for (size_t k = 0; k < count; k++) {
      lanes[k % CK_DOT_LANES] += weights[r * weights_stride + k] * x[k];
    }
    for (size_t half = CK_DOT_LANES / 2; half > 0; half /= 2) {
      for (size_t i = 0; i < half; i++) lanes[i] += lanes[i + half];
    }
    y[r] = activated(lanes[0] + (bias ? bias[r] : 0), activation);
  }
}

const ck_table ck_scalar_table = {
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
