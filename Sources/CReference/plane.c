#include "include/CReference.h"

#pragma STDC FP_CONTRACT OFF

typedef struct {
  ptrdiff_t first, end;
} range;

/// The outputs o whose element o · stride + offset lies in a row of `extent`: looked for one by one,
/// which is easy to believe and costs nothing beside the sums.
static range outputs_inside(
    ptrdiff_t outputs, ptrdiff_t stride, ptrdiff_t offset, ptrdiff_t extent) {
  range inside = {0, outputs};
  while (inside.first < outputs && inside.first * stride + offset < 0) inside.first++;
  while (inside.end > inside.first && (inside.end - 1) * stride + offset >= extent) inside.end--;
  return inside;
}

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
void cr_add_plane(double *y, const double *x, const double *weights, const cr_windows *w) {
  for (ptrdiff_t k = 0; k < w->rows.kernel; k++) {
    ptrdiff_t top = k * w->rows.dilation - w->rows.padding;
    range rows = outputs_inside(w->rows.output, w->rows.stride, top, w->rows.input);
    for (ptrdiff_t l = 0; l < w->columns.kernel; l++) {
      ptrdiff_t left = l * w->columns.dilation - w->columns.padding;
      range columns = outputs_inside(w->columns.output, w->columns.stride, left, w->columns.input);
      for (ptrdiff_t i = rows.first; i < rows.end; i++) {
        multiply_add(
            y + i * w->columns.output + columns.first,
            x + (i * w->rows.stride + top) * w->columns.input +
                columns.first * w->columns.stride + left,
            w->columns.stride, columns.end - columns.first,
            weights[k * w->columns.kernel + l]);
      }
    }
  }
}
