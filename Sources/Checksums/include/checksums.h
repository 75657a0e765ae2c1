#ifndef CHECKSUMS_H
#define CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of `count` bytes that follow others
// whose checksum is `crc`, or 0 at the start. The check value of "123456789" is e3069283.
//
// It detects every change of one or two bits in 1 MiB and every burst of up to 32 bits.
// Uses the processor's instruction where it has one, chosen at run time on x86.
uint32_t crc32c(uint32_t crc, const void *bytes, size_t count);

// The same checksum, computed half a byte at a time: the definition the tests compare with.
uint32_t crc32c_plain(uint32_t crc, const void *bytes, size_t count);

#endif
