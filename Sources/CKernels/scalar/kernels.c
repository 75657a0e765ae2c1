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
    .rectify_planes = ck_scalar_rectify_planes,
    .multiply_dense = ck_scalar_multiply_dense,
    .pack_convolution = ck_scalar_pack_convolution,
    .pack_planar = ck_scalar_pack_planar,
    .pack_depthwise = ck_scalar_pack_depthwise,
    .pack_winograd = ck_scalar_pack_winograd,
    .block_channels = ck_scalar_block_channels,
    .unblock_channels = ck_scalar_unblock_channels,
    .copy_channels = ck_scalar_copy_channels,
};
