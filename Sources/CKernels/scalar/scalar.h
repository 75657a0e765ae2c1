#include "../include/ck_kernels.h"

/// The twins of the kernels over planes.
extern const ck_table ck_scalar_table;
/// The twins of the kernels over blocks.
extern const ck_kernels ck_scalar_kernels;

void ck_scalar_convolve(
    float *y, const float *x, const float *weights, const ck_convolution *convolution,
    const ck_epilogue *epilogue, ck_part part, float *scratch);
