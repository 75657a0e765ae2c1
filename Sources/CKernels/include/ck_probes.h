/// What the processor can do at most: arithmetic in registers, reading from memory.
#ifndef CK_PROBES_H
#define CK_PROBES_H

#include <stddef.h>

#include "ck_table.h"

/// Multiplies and adds in registers, in chains that wait for nothing but themselves, `rounds` times,
/// with numbers about as large as `value`.
///
/// Returns the floating-point operations done; 0 where the processor does not have the level. The
/// scalar level is what every processor of this kind has: four lanes, products and sums apart.
double ck_probe_arithmetic(ck_level level, size_t rounds, float value);

/// Reads `byte_count` bytes, a multiple of 1024, aligned to 64, `passes` times with the widest loads
/// of the level.
///
/// Returns the bytes read; 0 where the processor does not have the level.
double ck_probe_reading(
    ck_level level, const void *memory, size_t byte_count, size_t passes);

#endif
