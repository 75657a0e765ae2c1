#include "../include/ck_kernels.h"

/// The twins of the kernels over planes.
extern const ck_table ck_scalar_table;
/// The twins of the kernels over blocks.
extern const ck_kernels ck_scalar_kernels;

void ck_scalar_convolve(
    float *y, const float *x, const float *weights, const ck_convolution *convolution,
    const ck_epilogue *epilogue, ck_part part, float *scratch);

void ck_scalar_convolve_planar(
    float *y, const float *x, const float *weights, const ck_convolution *convolution,
    const ck_epilogue *epilogue, ck_part part, float *scratch);

void ck_scalar_winograd_input(
    float *v, const float *x, const ck_convolution *convolution, ck_winograd tiling,
    ck_span blocks);
void ck_scalar_winograd_multiply(
    float *m, const float *v, const float *u, const ck_convolution *convolution,
    ck_winograd tiling, ck_span panels);
void ck_scalar_winograd_output(
    float *y, const float *m, const ck_convolution *convolution, const ck_epilogue *epilogue,
    ck_winograd tiling, ck_span blocks);

void ck_scalar_convolve_depthwise(
    float *y, const float *x, const float *weights, const ck_convolution *convolution,
    const ck_epilogue *epilogue, ck_part part, float *scratch);
void ck_scalar_pool(
    float *y, const float *x, size_t channels, const ck_windows *windows, ck_pooling pooling,
    ck_part part);
void ck_scalar_average_planes(float *y, const float *x, size_t planes, size_t pixels);
void ck_scalar_scale_planes(
    float *y, const float *x, const float *scale, const float *shift, size_t planes,
    size_t pixels, ck_activation activation);
void ck_scalar_multiply_dense(
    float *y, const float *x, const float *weights, size_t inputs, size_t outputs,
    const ck_epilogue *epilogue, ck_span images, ck_span panels);
void ck_scalar_rectify_planes(
    float *y, const float *x, const float *slopes, size_t planes, size_t pixels);

void ck_scalar_pack_convolution(
    float *packed, const float *weights, const double *factors, const ck_convolution *convolution,
    ck_span panels);
void ck_scalar_pack_planar(
    float *packed, const float *weights, const double *factors, const ck_convolution *convolution,
    ck_span panels);
void ck_scalar_pack_depthwise(
    float *packed, const float *weights, const double *factors, const ck_convolution *convolution,
    ck_span blocks);
void ck_scalar_pack_winograd(
    float *packed, const float *weights, const double *factors, const ck_convolution *convolution,
    size_t m, ck_span panels);

void ck_scalar_block_channels(float *y, const float *x, size_t channels, size_t pixels);
void ck_scalar_unblock_channels(float *y, const float *x, size_t channels, size_t pixels);
void ck_scalar_copy_channels(
    float *y, const float *x, size_t first_y, size_t first_x, size_t channels, size_t pixels);
