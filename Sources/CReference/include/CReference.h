/// The hot loops of the float64 oracle: plain, with a window arithmetic of their own. Nothing here is
/// shared with the kernels that it judges.
#ifndef CREFERENCE_H
#define CREFERENCE_H

#include <stddef.h>

/// How the windows of a convolution lie over one plane: along one axis, the tap k of the output o
/// reads the element o · stride + k · dilation − padding, or zero outside of the plane.
typedef struct {
  struct {
    ptrdiff_t input, output, kernel, stride, dilation, padding;
  } rows, columns;
} cr_windows;

/// y[i][j] += Σ weights[k][l] · x[row of (i, k)][column of (j, l)], tap after tap; taps outside the
/// plane are left out.
///
/// Product and sum are rounded apart on every processor.
void cr_add_plane(double *y, const double *x, const double *weights, const cr_windows *windows);

/// The most pixels of a tile.
#define CR_TILE 64

/// A tile of what `cr_add_plane` adds for each output channel from each input channel in turn: the
/// same bits, if the weights are finite and y has no −0.
///
/// y: [outputs][output plane], of which `pixels` from `first_pixel` on are added to; x: [channels]
/// [plane]; weights: [outputs][channels][kernel].
void cr_add_tile(
    double *y, const double *x, const double *weights, const cr_windows *windows, size_t channels,
    size_t outputs, size_t first_pixel, size_t pixels);

/// Calls the body for each index below `count`, on as many threads as there are processors; where
/// the system gives fewer, on those, and in the end on the caller's alone.
void cr_share(size_t count, void (*body)(void *context, size_t index), void *context);

#endif
