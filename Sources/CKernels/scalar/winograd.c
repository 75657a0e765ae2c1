// Winograd's convolution as its matrices say, in the buffers of the vector kernels.
#include "../winograd.h"

#include "elements.h"
#include "scalar.h"

#pragma STDC FP_CONTRACT OFF

static const float b2[4][6] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
static const float b4[6][6] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                               {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
static const float a2[2][6] = {{1, 1, 1, 0}, {0, 1, -1, -1}};
static const float a4[4][6] = {
    {1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};

/// to = T d Tᵀ; T [rows][n], d [n][n].
static void sandwich(float to[6][6], const float (*t)[6], float d[6][6], size_t rows, size_t n) {
  float half[6][6] = {0};
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < n; j++) {
      for (size_t k = 0; k < n; k++) half[i][j] += t[i][k] * d[k][j];
    }
  }
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < rows; j++) {
      to[i][j] = 0;
      for (size_t k = 0; k < n; k++) to[i][j] += half[i][k] * t[j][k];
    }
  }
}

void ck_scalar_winograd_input(
    float *v, const float *x, const ck_convolution *c, ck_winograd tiling, ck_span blocks) {
  const ck_windows *w = &c->windows;
  size_t inputs = ck_blocks(c->input_channels), image = inputs * 16 * (size_t)(w->height * w->width);
  size_t m = tiling.m, n = m + 2, count = tiling.tiles.end - tiling.tiles.first;
  for (size_t t = 0; t < count; t++) {
    ck_winograd_tile at = ck_winograd_tile_at(c, m, tiling.tiles.first + t);
    for (size_t channel = blocks.first * 16; channel < blocks.end * 16; channel++) {
      float d[6][6], to[6][6];
      for (size_t i = 0; i < n * n; i++) {
        d[i / n][i % n] = padded(
            x + at.image * image, w, channel, (ptrdiff_t)(at.row + i / n) - w->pad_top,
            (ptrdiff_t)(at.column + i % n) - w->pad_left);
      }
      sandwich(to, m == 2 ? b2 : b4, d, n, n);
      for (size_t e = 0; e < n * n; e++) {
        v[e * ck_winograd_stride(inputs, count) + blocked(channel, t, count)] = to[e / n][e % n];
      }
    }
  }
}

void ck_scalar_winograd_multiply(
    float *m, const float *v, const float *u, const ck_convolution *c, ck_winograd tiling,
    ck_span panels) {
  size_t inputs = ck_blocks(c->input_channels), outputs = ck_blocks(c->output_channels);
  size_t count = tiling.tiles.end - tiling.tiles.first, depth = inputs * 16;
  for (size_t e = 0; e < (tiling.m + 2) * (tiling.m + 2); e++) {
    const float *x = v + e * ck_winograd_stride(inputs, count);
    float *y = m + e * ck_winograd_stride(outputs, count);
    for (size_t o = panels.first * 16; o < panels.end * 16; o++) {
      const float *weights = u + (e * outputs + o / 16) * depth * 16 + o % 16;
      for (size_t t = 0; t < count; t++) {
        float sum = 0;
        for (size_t k = 0; k < depth; k++) {
          sum = fmaf(x[blocked(k, t, count)], weights[k * 16], sum);
        }
        y[blocked(o, t, count)] = sum;
      }
    }
  }
}

void ck_scalar_winograd_output(
    float *y, const float *from, const ck_convolution *c, const ck_epilogue *e,
    ck_winograd tiling, ck_span blocks) {
  const ck_windows *w = &c->windows;
  size_t outputs = ck_blocks(c->output_channels), height = (size_t)w->output_height;
  size_t width = (size_t)w->output_width, image = outputs * 16 * height * width;
  size_t m = tiling.m, n = m + 2, count = tiling.tiles.end - tiling.tiles.first;
  for (size_t t = 0; t < count; t++) {
    ck_winograd_tile at = ck_winograd_tile_at(c, m, tiling.tiles.first + t);
    for (size_t channel = blocks.first * 16; channel < blocks.end * 16; channel++) {
      float d[6][6], to[6][6];
      for (size_t i = 0; i < n * n; i++) {
        d[i / n][i % n] =
            from[i * ck_winograd_stride(outputs, count) + blocked(channel, t, count)];
      }
      sandwich(to, m == 2 ? a2 : a4, d, m, n);
      for (size_t i = 0; i < m * m; i++) {
        size_t row = at.row + i / m, column = at.column + i % m;
        if (row >= height || column >= width) continue;
        size_t at_pixel = at.image * image + blocked(channel, row * width + column, height * width);
        float sum = to[i / m][i % m] + (e->bias ? e->bias[channel] : 0);
        if (e->residual) sum += e->residual[at_pixel];
        y[at_pixel] = activated(sum, e->activation);
      }
    }
  }
}
