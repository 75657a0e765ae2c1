// Which windows of a row of windows have a given tap inside the plane.
#ifndef CK_WINDOW_RANGE_H
#define CK_WINDOW_RANGE_H

#include <stddef.h>

typedef struct {
  ptrdiff_t first, end;
} ck_range;

/// The outputs o in `0 ..< outputs` with 0 <= o · stride + offset < extent.
static inline ck_range ck_outputs_inside(
    ptrdiff_t outputs, ptrdiff_t stride, ptrdiff_t offset, ptrdiff_t extent) {
  ptrdiff_t first = offset >= 0 ? 0 : (stride - 1 - offset) / stride;
  ptrdiff_t end = offset >= extent ? 0 : (extent - 1 - offset) / stride + 1;
  if (end > outputs) end = outputs;
  if (first > end) first = end;
  return (ck_range){first, end};
}

#endif
