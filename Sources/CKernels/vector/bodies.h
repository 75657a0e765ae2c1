// The kernels over vectors, compiled once for each instruction set that defines `CK_VECTOR_BYTES`
// and includes this file.
#include "elements.h"
#include "moments.h"
#include "windows.h"

static const ck_table table = {
    .affine_rows = affine_rows,
    .affine_elements = affine_elements,
    .combine = combine,
    .unfold = unfold,
    .measure = measure,
};
