#include "scalar.h"

const ck_kernels ck_scalar_kernels = {
    .widest_panel = CK_BLOCK,
    .convolve = ck_scalar_convolve,
    .convolve_planar = ck_scalar_convolve_planar,
    .winograd_input = ck_scalar_winograd_input,
    .winograd_multiply = ck_scalar_winograd_multiply,
    .winograd_output = ck_scalar_winograd_output,
    .convolve_depthwise = ck_scalar_convolve_depthwise,
    .pool = ck_scalar_pool,
    .average_planes = ck_scalar_average_planes,
    .scale_planes = ck_scalar_scale_planes,
    .multiply_dense = ck_scalar_multiply_dense,
};
