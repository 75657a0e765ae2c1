/// The tests of the elementary functions.
#ifndef CK_TEST_ELEMENTARY_H
#define CK_TEST_ELEMENTARY_H

#include <stdint.h>

#include "ck_test_kernels.h"

/// Compares with committed numbers, with the C library where C says what the result is, and with
/// its functions of a long double over `count` random arguments of each range.
ck_test_result ck_test_elementary(uint64_t seed, int count);

/// A checksum of the results of all elementary functions over a fixed set of arguments.
uint64_t ck_test_elementary_checksum(void);

/// A checksum of what the layers make of them: functions of floats, softmax, normalizations.
uint64_t ck_test_functions_checksum(void);

#endif
