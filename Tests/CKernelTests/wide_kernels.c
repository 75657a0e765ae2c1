// The tiles of AVX-512, compiled for AVX2: slow, but their logic and bits can be tested anywhere.
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "../../Sources/CKernels/winograd.h"
#include "../../Sources/CKernels/pooling.h"

#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_VECTOR_BYTES 64
#include "../../Sources/CKernels/vector/kernels.h"
#pragma clang attribute pop

const ck_kernels wide_kernels = CK_KERNELS;
