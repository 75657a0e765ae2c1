// Kernels that take each element once, in the order it lies: one vector at a time, the tail one by
// one.
#ifndef CK_ELEMENTS_H
#define CK_ELEMENTS_H

#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

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
        case ck_minimum: v = vector_smaller(v, operand); break;
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
        case ck_minimum: v = smaller(v, x[n][i]); break;
      }
    }
    y[i] = finished(v, how, a);
  }
}

#endif
