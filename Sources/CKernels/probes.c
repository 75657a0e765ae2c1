// The limits that kernels are measured by.
//
// Arithmetic: 14 chains of x = x · a + b. An FMA takes 4 or 5 cycles and two begin in one: 10 chains
// keep two units busy, 14 leave two of 16 registers for a and b. x tends to b / (1 - a), and stays at
// the value that it begins with.
//
// Reading: loads into registers that nobody reads; the next line of memory is the processor's own
// affair. A kernel that also writes can reach less.
#include "ck_probes.h"

#include <stdint.h>

enum { chains = 14 };

#if defined(__x86_64__)

#define ARITHMETIC(name, instructions, bytes, operation)                                         \
  __attribute__((target(instructions))) static double name(size_t rounds, float value) {         \
    typedef float vector __attribute__((vector_size(bytes)));                                    \
    vector x[chains], a = (vector){} + 0.999f, b = (vector){} + 0.001f * value;                  \
    for (int i = 0; i < chains; i++) x[i] = (vector){} + value;                                  \
    for (size_t round = 0; round < rounds; round++) {                                            \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; i++) {                      \
        __asm__ volatile(operation : "+v"(x[i]) : "v"(a), "v"(b));                               \
      }                                                                                          \
    }                                                                                            \
    return 2.0 * (bytes / sizeof(float)) * chains * (double)rounds;                              \
  }
ARITHMETIC(arithmetic_sse, "sse2", 16, "mulps %1, %0\n\taddps %2, %0")
ARITHMETIC(arithmetic_avx2, "avx2,fma", 32, "vfmadd213ps %2, %1, %0")
ARITHMETIC(arithmetic_avx512, "avx512f", 64, "vfmadd213ps %2, %1, %0")

#define READING(name, instructions, load, register, bytes)                                       \
  __attribute__((target(instructions))) static void name(const char *p, const char *end) {       \
    for (; p < end; p += 8 * bytes) {                                                            \
      __asm__ volatile(load " 0*" #bytes "(%0), %%" register "0\n\t"                             \
                       load " 1*" #bytes "(%0), %%" register "1\n\t"                             \
                       load " 2*" #bytes "(%0), %%" register "2\n\t"                             \
                       load " 3*" #bytes "(%0), %%" register "3\n\t"                             \
                       load " 4*" #bytes "(%0), %%" register "4\n\t"                             \
                       load " 5*" #bytes "(%0), %%" register "5\n\t"                             \
                       load " 6*" #bytes "(%0), %%" register "6\n\t"                             \
                       load " 7*" #bytes "(%0), %%" register "7"                                 \
                       :                                                                         \
                       : "r"(p)                                                                  \
                       : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",         \
                         "memory");                                                              \
    }                                                                                            \
  }
READING(reading_sse, "sse2", "movaps", "xmm", 16)
READING(reading_avx2, "avx2", "vmovaps", "ymm", 32)
READING(reading_avx512, "avx512f", "vmovaps", "zmm", 64)

double ck_probe_arithmetic(ck_level level, size_t rounds, float value) {
  if (ck_table_for_level(level) == NULL) return 0;
  switch (level) {
    case ck_level_avx512: return arithmetic_avx512(rounds, value);
    case ck_level_avx2: return arithmetic_avx2(rounds, value);
    default: return arithmetic_sse(rounds, value);
  }
}

double ck_probe_reading(
    ck_level level, const void *memory, size_t byte_count, size_t passes) {
  if (ck_table_for_level(level) == NULL) return 0;
  const char *begin = memory, *end = begin + byte_count;
  for (size_t pass = 0; pass < passes; pass++) {
    switch (level) {
      case ck_level_avx512: reading_avx512(begin, end); break;
      case ck_level_avx2: reading_avx2(begin, end); break;
      default: reading_sse(begin, end);
    }
  }
  return (double)byte_count * (double)passes;
}

#else

typedef float vector __attribute__((vector_size(16)));

double ck_probe_arithmetic(ck_level level, size_t rounds, float value) {
  if (ck_table_for_level(level) == NULL) return 0;
  vector x[chains], a = (vector){} + 0.999f, b = (vector){} + 0.001f * value;
  for (int i = 0; i < chains; i++) x[i] = (vector){} + value;
  for (size_t round = 0; round < rounds; round++) {
    _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; i++) {
      x[i] = x[i] * a + b;
      __asm__ volatile("" : "+w"(x[i]));
    }
  }
  return 2.0 * 4 * chains * (double)rounds;
}

double ck_probe_reading(
    ck_level level, const void *memory, size_t byte_count, size_t passes) {
  if (ck_table_for_level(level) == NULL) return 0;
  const vector *p = memory;
  for (size_t pass = 0; pass < passes; pass++) {
    for (size_t i = 0; i < byte_count / sizeof *p; i++) {
      vector x = p[i];
      __asm__ volatile("" : : "w"(x));
    }
  }
  return (double)byte_count * (double)passes;
}

#endif
