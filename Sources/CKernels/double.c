#include "include/ck_double.h"

#include "ck_window_range.h"

#pragma STDC FP_CONTRACT OFF

static inline __attribute__((always_inline)) void multiply_add(
    double *restrict y, const double *restrict x, ptrdiff_t step, ptrdiff_t count, double weight) {
  if (step == 1) {
    for (ptrdiff_t c = 0; c < count; c++) y[c] += weight * x[c];
  } else {
    for (ptrdiff_t c = 0; c < count; c++) y[c] += weight * x[c * step];
  }
}

// The same source for each vector width; the loader picks one.
#if defined(__x86_64__) && defined(__gnu_linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void ck_double_convolve_plane(
    double *y, const double *x, const double *weights, const ck_windows *w) {
  for (ptrdiff_t k = 0; k < w->kernel_height; k++) {
    ptrdiff_t top = k * w->dilation_height - w->pad_top;
    ck_range rows = ck_outputs_inside(w->output_height, w->stride_height, top, w->height);
    for (ptrdiff_t l = 0; l < w->kernel_width; l++) {
      ptrdiff_t left = l * w->dilation_width - w->pad_left;
      ck_range columns = ck_outputs_inside(w->output_width, w->stride_width, left, w->width);
      double weight = weights[k * w->kernel_width + l];
      if (columns.first == 0 && columns.end == w->output_width && w->output_width == w->width &&
          w->stride_height == 1 && rows.first < rows.end) {
        // Whole rows one after the other: one long row.
        multiply_add(
            y + rows.first * w->width, x + (rows.first + top) * w->width, 1,
            (rows.end - rows.first) * w->width, weight);
        continue;
      }
      for (ptrdiff_t i = rows.first; i < rows.end; i++) {
        multiply_add(
            y + i * w->output_width + columns.first,
            x + (i * w->stride_height + top) * w->width + columns.first * w->stride_width + left,
            w->stride_width, columns.end - columns.first, weight);
      }
    }
  }
}
