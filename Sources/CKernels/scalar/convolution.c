// Direct convolution as its contract says: one output after the other.
#include "elements.h"
#include "scalar.h"

#pragma STDC FP_CONTRACT OFF

static float sum_of_window(
    const float *image, const float *weights, const ck_convolution *c, ck_span blocks, size_t row,
    size_t column, float sum) {
  const ck_windows *w = &c->windows;
  ptrdiff_t top = (ptrdiff_t)row * w->stride_height - w->pad_top;
  ptrdiff_t left = (ptrdiff_t)column * w->stride_width - w->pad_left;
  for (size_t b = blocks.first; b < blocks.end; b++) {
    for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
      for (ptrdiff_t j = 0; j < w->kernel_width; j++) {
        for (size_t lane = 0; lane < CK_BLOCK; lane++, weights += CK_BLOCK) {
          float x = padded(
              image, w, b * CK_BLOCK + lane, top + i * w->dilation_height,
              left + j * w->dilation_width);
          sum = fmaf(x, *weights, sum);
        }
      }
    }
  }
  return sum;
}

void ck_scalar_convolve(
    float *y, const float *x, const float *weights, const ck_convolution *c, const ck_epilogue *e,
    ck_part part, float *scratch) {
  (void)scratch;
  const ck_windows *w = &c->windows;
  size_t pixels = (size_t)(w->output_height * w->output_width), width = (size_t)w->output_width;
  size_t x_image = ck_blocks(c->input_channels) * CK_BLOCK * (size_t)(w->height * w->width);
  size_t y_image = ck_blocks(c->output_channels) * CK_BLOCK * pixels;
  size_t panel_stride = ck_panel_depth(c, CK_BLOCK) * ck_taps(w) * CK_BLOCK * CK_BLOCK;
  for (size_t n = part.images.first; n < part.images.end; n++) {
    for (size_t o = part.panels.first * CK_BLOCK; o < part.panels.end * CK_BLOCK; o++) {
      ck_span blocks = ck_panel_inputs(c, o / CK_BLOCK, CK_BLOCK);
      const float *panel = weights + o / CK_BLOCK * panel_stride + o % CK_BLOCK;
      for (size_t p = part.rows.first * width; p < part.rows.end * width; p++) {
        size_t to = n * y_image + blocked(o, p, pixels);
        float sum = e->bias ? e->bias[o] : 0;
        sum = sum_of_window(x + n * x_image, panel, c, blocks, p / width, p % width, sum);
        if (e->residual) sum += e->residual[to];
        y[to] = activated(sum, e->activation);
      }
    }
  }
}
