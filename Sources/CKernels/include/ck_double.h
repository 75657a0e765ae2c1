/// The hot loops of the float64 oracle.
#ifndef CK_DOUBLE_H
#define CK_DOUBLE_H

#include "ck_table.h"

/// y[i][j] += Σ weights[k][l] · x[i·s + k·d − p][j·s + l·d − p], tap after tap; taps outside the
/// plane are left out.
///
/// Product and sum are rounded apart on every processor.
void ck_double_convolve_plane(
    double *y, const double *x, const double *weights, const ck_windows *windows);

/// The most pixels of a tile.
#define CK_DOUBLE_TILE 64

/// A tile of what `ck_double_convolve_plane` adds for each output channel from each input channel in
/// turn: the same bits, if the weights are finite and y has no −0.
///
/// y: [outputs][output plane], of which `pixels` from `first_pixel` on are added to; x: [channels]
/// [plane]; weights: [outputs][channels][kernel].
void ck_double_convolve_tile(
    double *y, const double *x, const double *weights, const ck_windows *windows, size_t channels,
    size_t outputs, size_t first_pixel, size_t pixels);

#endif
