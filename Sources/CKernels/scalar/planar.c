// Convolution of planes as its contract says: one output after the other.
#include "elements.h"
#include "scalar.h"

#pragma STDC FP_CONTRACT OFF

static float sum_of_window(
    const float *x, const float *weights, const ck_convolution *c, ptrdiff_t top, ptrdiff_t left,
    float sum) {
  const ck_windows *w = &c->windows;
  for (size_t k = 0; k < c->input_channels; k++, x += w->height * w->width) {
    for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
      for (ptrdiff_t j = 0; j < w->kernel_width; j++, weights += CK_BLOCK) {
        ptrdiff_t row = top + i * w->dilation_height, column = left + j * w->dilation_width;
        bool is_inside = row >= 0 && row < w->height && column >= 0 && column < w->width;
        sum = fmaf(is_inside ? x[row * w->width + column] : 0, *weights, sum);
      }
    }
  }
  return sum;
}

void ck_scalar_convolve_planar(
    float *y, const float *x, const float *weights, const ck_convolution *c, const ck_epilogue *e,
    ck_part part, float *scratch) {
  (void)scratch;
  const ck_windows *w = &c->windows;
  size_t pixels = (size_t)(w->output_height * w->output_width), width = (size_t)w->output_width;
  size_t x_image = c->input_channels * (size_t)(w->height * w->width);
  size_t y_image = ck_blocks(c->output_channels) * CK_BLOCK * pixels;
  for (size_t n = part.images.first; n < part.images.end; n++) {
    for (size_t o = part.panels.first * CK_BLOCK; o < part.panels.end * CK_BLOCK; o++) {
      const float *panel =
          weights + o / CK_BLOCK * c->input_channels * ck_taps(w) * CK_BLOCK + o % CK_BLOCK;
      for (size_t p = part.rows.first * width; p < part.rows.end * width; p++) {
        size_t to = n * y_image + blocked(o, p, pixels);
        float sum = sum_of_window(
            x + n * x_image, panel, c, (ptrdiff_t)(p / width) * w->stride_height - w->pad_top,
            (ptrdiff_t)(p % width) * w->stride_width - w->pad_left, e->bias ? e->bias[o] : 0);
        if (e->residual) sum += e->residual[to];
        y[to] = activated(sum, e->activation);
      }
    }
  }
}
