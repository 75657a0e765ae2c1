#include "../include/ck_kernels.h"

/// The kernels for processors with AVX2 and FMA.
extern const ck_table *const ck_avx2_table;
extern const ck_kernels ck_avx2_kernels;
/// The kernels for processors with the AVX-512 of Skylake-X and later.
extern const ck_table *const ck_avx512_table;
extern const ck_kernels ck_avx512_kernels;
