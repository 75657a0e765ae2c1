#include "scalar.h"

const ck_kernels ck_scalar_kernels = {
    .widest_panel = CK_BLOCK,
    .convolve = ck_scalar_convolve,
};
