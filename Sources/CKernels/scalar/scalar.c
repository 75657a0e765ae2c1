// The kernels as their formulas say: the twins that every other level is compared with.
//
// The order of the additions is the contract of ck_table.h. Contraction is off, so that a product
// is rounded before it is added, whatever the processor offers.
#include <float.h>
#include <math.h>

#include "scalar.h"

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

static void measure(ck_moments *m, const float *x, size_t rows, const double *origins) {
  *m = (ck_moments){0};
  for (size_t lane = 0; lane < 16; lane++) {
    m->minima[lane] = INFINITY, m->maxima[lane] = -INFINITY;
    for (size_t row = 0; row < rows; row++) {
      float element = x[row * 16 + lane];
      double d = (double)element - origins[lane];
      m->sums[lane] += d;
      m->squares[lane] += d * d;
      if (element < m->minima[lane]) m->minima[lane] = element;
      if (element > m->maxima[lane]) m->maxima[lane] = element;
      m->zeros[lane] += element == 0;
      m->subnormals[lane] += element != 0 && fabsf(element) < FLT_MIN;
    }
  }
}

const ck_table ck_scalar_table = {
    .affine_rows = affine_rows,
    .affine_elements = affine_elements,
    .combine = combine,
    .unfold = unfold,
    .measure = measure,
};
