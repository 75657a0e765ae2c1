// Depthwise convolution, pooling, averages, scaling and fully connected layers, element by element.
#include "../pooling.h"

#include "elements.h"
#include "scalar.h"

#pragma STDC FP_CONTRACT OFF

void ck_scalar_convolve_depthwise(
    float *y, const float *x, const float *weights, const ck_convolution *c, const ck_epilogue *e,
    ck_part part, float *scratch) {
  (void)scratch;
  const ck_windows *w = &c->windows;
  size_t plane = (size_t)(w->height * w->width), width = (size_t)w->output_width;
  size_t pixels = (size_t)w->output_height * width, blocks = ck_blocks(c->output_channels);
  for (size_t n = part.images.first; n < part.images.end; n++) {
    for (size_t o = part.panels.first * 16; o < part.panels.end * 16; o++) {
      const float *taps = weights + o / 16 * ck_taps(w) * 16 + o % 16;
      for (size_t p = part.rows.first * width; p < part.rows.end * width; p++) {
        float sum = e->bias ? e->bias[o] : 0;
        for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
          for (ptrdiff_t j = 0; j < w->kernel_width; j++) {
            ptrdiff_t row = (ptrdiff_t)(p / width) * w->stride_height + i * w->dilation_height -
                w->pad_top;
            ptrdiff_t column = (ptrdiff_t)(p % width) * w->stride_width +
                j * w->dilation_width - w->pad_left;
            if (row < 0 || row >= w->height || column < 0 || column >= w->width) continue;
            float element = padded(x + n * blocks * 16 * plane, w, o, row, column);
            sum = fmaf(element, taps[(i * w->kernel_width + j) * 16], sum);
          }
        }
        size_t to = n * blocks * 16 * pixels + blocked(o, p, pixels);
        if (e->residual) sum += e->residual[to];
        y[to] = activated(sum, e->activation);
      }
    }
  }
}

void ck_scalar_pool(
    float *y, const float *x, size_t channels, const ck_windows *w, ck_pooling pooling,
    ck_part part) {
  size_t plane = (size_t)(w->height * w->width), width = (size_t)w->output_width;
  size_t pixels = (size_t)w->output_height * width, blocks = ck_blocks(channels);
  for (size_t n = part.images.first; n < part.images.end; n++) {
    for (size_t k = part.panels.first * 16; k < part.panels.end * 16; k++) {
      for (size_t p = part.rows.first * width; p < part.rows.end * width; p++) {
        ck_window window = ck_window_at(w, pooling, p / width, p % width);
        float best = -INFINITY, sum = 0;
        for (ptrdiff_t i = window.top; i < window.bottom; i++) {
          for (ptrdiff_t j = window.left; j < window.right; j++) {
            float element = padded(x + n * blocks * 16 * plane, w, k, i, j);
            if (element > best || element != element) best = element;
            sum += element;
          }
        }
        float average = window.divisor > 0 ? sum / window.divisor : 0;
        float result = pooling == ck_pool_maximum ? best : average;
        y[n * blocks * 16 * pixels + blocked(k, p, pixels)] = k < channels ? result : 0;
      }
    }
  }
}

void ck_scalar_average_planes(float *y, const float *x, size_t planes, size_t pixels) {
  for (size_t k = 0; k < planes * 16; k++) {
    double sum = 0;
    for (size_t p = 0; p < pixels; p++) sum += x[blocked(k, p, pixels)];
    y[k] = (float)(sum / (double)pixels);
  }
}

void ck_scalar_scale_planes(
    float *y, const float *x, const float *scale, const float *shift, size_t planes,
    size_t pixels, ck_activation activation) {
  for (size_t k = 0; k < planes * 16; k++) {
    for (size_t p = 0; p < pixels; p++) {
      size_t i = blocked(k, p, pixels);
      float value = fmaf(x[i], scale ? scale[k] : 1, shift ? shift[k] : 0);
      y[i] = activated(value, activation);
    }
  }
}

void ck_scalar_rectify_planes(
    float *y, const float *x, const float *slopes, size_t planes, size_t pixels) {
  for (size_t k = 0; k < planes * 16; k++) {
    for (size_t p = 0; p < pixels; p++) {
      size_t i = blocked(k, p, pixels);
      y[i] = x[i] < 0 ? x[i] * slopes[k] : x[i];
    }
  }
}

void ck_scalar_multiply_dense(
    float *y, const float *x, const float *weights, size_t inputs, size_t outputs,
    const ck_epilogue *e, ck_span images, ck_span panels) {
  size_t depth = ck_blocks(inputs) * 16, width = ck_blocks(outputs) * 16;
  for (size_t n = images.first; n < images.end; n++) {
    for (size_t o = panels.first * 16; o < panels.end * 16; o++) {
      float sum = e->bias ? e->bias[o] : 0;
      for (size_t k = 0; k < depth; k++) {
        sum = fmaf(x[n * depth + k], weights[(o / 16 * depth + k) * 16 + o % 16], sum);
      }
      if (e->residual) sum += e->residual[n * width + o];
      y[n * width + o] = activated(sum, e->activation);
    }
  }
}
