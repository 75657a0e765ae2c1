#include "../include/ck_table.h"

/// The kernels for processors with AVX2 and FMA.
extern const ck_table *const ck_avx2_table;
/// The kernels for processors with the AVX-512 of Skylake-X and later.
extern const ck_table *const ck_avx512_table;
