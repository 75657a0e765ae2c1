// Convolution in float64, by tiles.
//
//     y[o][p] += Σ weights[o][t] · columns[t][p]        t = (channel, k, l), ascending
//
//   columns   of `tap_block` taps and at most CR_TILE pixels, in panels of 8 pixels:
//             [panel][tap][8], 96 KiB, which stay in L2
//   tile      4 output channels × 8 pixels: 32 sums in registers (AVX2: 8 of 16; AVX-512: 4 of 32),
//             read from y before the taps of a block and written behind them
//
// So each sum is added tap after tap as `cr_add_plane` does it, product and sum rounded
// apart, and has its bits; but a tap outside the plane adds weight · 0, which needs a finite weight
// and a sum that is not −0.
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "include/CReference.h"

#pragma STDC FP_CONTRACT OFF

enum { lanes = 8, tap_block = 192 };

typedef double doubles __attribute__((vector_size(8 * lanes), aligned(8), may_alias));

/// The pixels of a panel, in the plane that is read: where the first tap lies.
typedef struct {
  ptrdiff_t rows[lanes], columns[lanes];
  bool is_run;  // one pixel after the other, in one row
} panel_origin;

static panel_origin origin_of(const cr_windows *w, size_t first, size_t count) {
  panel_origin origin;
  for (size_t i = 0; i < lanes; i++) {
    ptrdiff_t pixel = (ptrdiff_t)(first + i);
    origin.rows[i] = pixel / w->columns.output * w->rows.stride - w->rows.padding;
    origin.columns[i] = pixel % w->columns.output * w->columns.stride - w->columns.padding;
    // Behind the last pixel: outside the plane for every tap.
    if (i >= count) origin.rows[i] = PTRDIFF_MIN / 2;
  }
  origin.is_run = count == lanes && w->columns.stride == 1 && origin.rows[0] == origin.rows[lanes - 1];
  return origin;
}

static void pack_panel(
    double *to, const double *x, const cr_windows *w, const panel_origin *origin, size_t first_tap,
    size_t taps) {
  ptrdiff_t area = w->rows.kernel * w->columns.kernel;
  ptrdiff_t channel = (ptrdiff_t)first_tap / area, tap = (ptrdiff_t)first_tap % area;
  for (size_t t = 0; t < taps; t++, to += lanes) {
    const double *plane = x + channel * w->rows.input * w->columns.input;
    ptrdiff_t down = tap / w->columns.kernel * w->rows.dilation;
    ptrdiff_t right = tap % w->columns.kernel * w->columns.dilation;
    ptrdiff_t row = origin->rows[0] + down, column = origin->columns[0] + right;
    if (origin->is_run && row >= 0 && row < w->rows.input && column >= 0 &&
        column + lanes <= w->columns.input) {
      memcpy(to, plane + row * w->columns.input + column, lanes * sizeof *to);
    } else {
      for (size_t i = 0; i < lanes; i++) {
        row = origin->rows[i] + down, column = origin->columns[i] + right;
        bool is_inside = row >= 0 && row < w->rows.input && column >= 0 && column < w->columns.input;
        to[i] = is_inside ? plane[row * w->columns.input + column] : 0;
      }
    }
    if (++tap == area) tap = 0, channel++;
  }
}

#if defined(__x86_64__) && defined(__gnu_linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void multiply_panel(
    double *y, size_t y_stride, const double *weights, size_t weights_stride, const double *columns,
    size_t taps, size_t rows, size_t count) {
  // Rows behind the last channel are computed from its weights, pixels behind the last from zeros;
  // both are thrown away.
  doubles sums[4];
  const double *w[4];
  for (size_t r = 0; r < 4; r++) {
    size_t row = r < rows ? r : rows - 1;
    w[r] = weights + row * weights_stride;
    if (count < lanes) sums[r] = (doubles){0};
    memcpy(&sums[r], y + row * y_stride, count * sizeof *y);
  }
  doubles a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  for (size_t t = 0; t < taps; t++) {
    doubles x = *(const doubles *)(columns + t * lanes);
    a += w[0][t] * x;
    b += w[1][t] * x;
    c += w[2][t] * x;
    d += w[3][t] * x;
  }
  sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
  for (size_t r = 0; r < rows; r++) memcpy(y + r * y_stride, &sums[r], count * sizeof *y);
}

void cr_add_tile(
    double *y, const double *x, const double *weights, const cr_windows *w, size_t channels,
    size_t outputs, size_t first_pixel, size_t pixels) {
  size_t y_stride = (size_t)(w->rows.output * w->columns.output);
  size_t depth = channels * (size_t)(w->rows.kernel * w->columns.kernel);
  size_t panels = (pixels + lanes - 1) / lanes;
  panel_origin origins[CR_TILE / lanes];
  for (size_t p = 0; p < panels; p++) {
    size_t left = pixels - p * lanes;
    origins[p] = origin_of(w, first_pixel + p * lanes, left < lanes ? left : lanes);
  }
  double columns[CR_TILE * tap_block] __attribute__((aligned(64)));
  for (size_t first = 0; first < depth; first += tap_block) {
    size_t taps = depth - first < tap_block ? depth - first : tap_block;
    for (size_t p = 0; p < panels; p++) {
      pack_panel(columns + p * taps * lanes, x, w, &origins[p], first, taps);
    }
    for (size_t o = 0; o < outputs; o += 4) {
      for (size_t p = 0; p < panels; p++) {
        size_t left = pixels - p * lanes;
        multiply_panel(
            y + o * y_stride + first_pixel + p * lanes, y_stride, weights + o * depth + first,
            depth, columns + p * taps * lanes, taps, outputs - o < 4 ? outputs - o : 4,
            left < lanes ? left : lanes);
      }
    }
  }
}
