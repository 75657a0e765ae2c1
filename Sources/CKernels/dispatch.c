// Which kernels this processor runs.
#include "ck_table.h"
#include "scalar/scalar.h"

#if defined(__x86_64__)
#include "x86/x86.h"
#endif

ck_level ck_best_level(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return ck_level_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return ck_level_avx2;
#endif
  return ck_level_scalar;
}

const ck_table *ck_table_for_level(ck_level level) {
  if (level > ck_best_level()) return NULL;
  switch (level) {
    case ck_level_scalar: return &ck_scalar_table;
#if defined(__x86_64__)
    case ck_level_avx2: return ck_avx2_table;
    case ck_level_avx512: return ck_avx512_table;
#else
    case ck_level_avx2: case ck_level_avx512: return NULL;
#endif
  }
  return NULL;
}

const ck_kernels *ck_kernels_for_level(ck_level level) {
  if (level > ck_best_level()) return NULL;
  switch (level) {
    case ck_level_scalar: return &ck_scalar_kernels;
#if defined(__x86_64__)
    case ck_level_avx2: return &ck_avx2_kernels;
    case ck_level_avx512: return &ck_avx512_kernels;
#else
    case ck_level_avx2: case ck_level_avx512: return NULL;
#endif
  }
  return NULL;
}
