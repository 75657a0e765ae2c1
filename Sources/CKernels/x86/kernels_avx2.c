#if defined(__x86_64__)
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "../winograd.h"
#include "../pooling.h"
#include "x86.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_VECTOR_BYTES 32
#include "../vector/kernels.h"
#pragma clang attribute pop

const ck_kernels ck_avx2_kernels = CK_KERNELS;
#endif
