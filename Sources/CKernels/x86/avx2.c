#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#include "x86.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_VECTOR_BYTES 32
#include "../vector/bodies.h"
#pragma clang attribute pop

const ck_table *const ck_avx2_table = &table;
#endif
