/// The tests of the kernels over blocked channels, written in C as the kernels are.
#ifndef CK_TEST_KERNELS_H
#define CK_TEST_KERNELS_H

#include <stdint.h>

/// How many claims were checked, and how many do not hold; each of these is told on standard error.
typedef struct {
  int checks, failures;
} ck_test_result;

/// Compares every kernel of every level with its scalar twin over random shapes.
ck_test_result ck_test_kernels(uint64_t seed, int cases);

#endif
