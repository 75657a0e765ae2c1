/// The one hot loop of the float64 oracle.
#ifndef CK_DOUBLE_H
#define CK_DOUBLE_H

#include "ck_table.h"

/// y[i][j] += Σ weights[k][l] · x[i·s + k·d − p][j·s + l·d − p], tap after tap; taps outside the
/// plane are left out.
///
/// Product and sum are rounded apart on every processor.
void ck_double_convolve_plane(
    double *y, const double *x, const double *weights, const ck_windows *windows);

#endif
