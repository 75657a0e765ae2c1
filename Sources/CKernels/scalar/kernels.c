#include "scalar.h"

const ck_kernels ck_scalar_kernels = {
    .widest_panel = CK_BLOCK,
    .convolve = ck_scalar_convolve,
    .convolve_planar = ck_scalar_convolve_planar,
    .winograd_input = ck_scalar_winograd_input,
    .winograd_multiply = ck_scalar_winograd_multiply,
    .winograd_output = ck_scalar_winograd_output,
};
