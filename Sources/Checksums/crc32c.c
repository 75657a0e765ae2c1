// CRC-32C: the remainder of the message, as a polynomial over GF(2), divided by
// P = x^32 + x^28 + x^27 + x^26 + x^25 + x^23 + x^22 + x^20 + x^19 + x^18 + x^14 + x^13 + x^11 +
// x^10 + x^9 + x^8 + x^6 + 1. Bits are reflected: bit 31 of a register is the coefficient of x^0.
// The register starts as all ones and is inverted at the end, so that zeros in front count.

#include "checksums.h"

#include <string.h>

// The remainders of the 16 half bytes, each moved up by 32 bits.
static const uint32_t remainders[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
    0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
    0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

uint32_t crc32c_plain(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  crc = ~crc;
  for (; count > 0; count--) {
    crc ^= *p++;
    crc = crc >> 4 ^ remainders[crc & 15];
    crc = crc >> 4 ^ remainders[crc & 15];
  }
  return ~crc;
}

#if defined(__x86_64__)

#include <nmmintrin.h>
#include <wmmintrin.h>

// The instruction takes 8 bytes a cycle but answers after 3, so three streams of STREAM bytes run
// side by side and are joined: a register followed by n bytes of zeros is its product with x^8n.
// The carry-less product of two reflected registers is one bit short of 64, and the instruction
// multiplies by x^32 while it reduces; so the factor is x^(8n - 33) mod P.
#define STREAM 2048
#define PAST_ONE_STREAM 0xa51b6135u   // x^(8 * 2048 - 33) mod P
#define PAST_TWO_STREAMS 0x82f89c77u  // x^(8 * 4096 - 33) mod P

static inline uint64_t load64(const uint8_t *p) {
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return word;
}

// Three streams are more than the processor's own prefetcher follows: this is worth 40 % in memory.
// A prefetch past the end is ignored, but the address must not be formed as a pointer.
static inline void prefetch(const uint8_t *p, size_t offset) {
  _mm_prefetch((const char *)((uintptr_t)p + offset), _MM_HINT_T0);
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t product(uint64_t a, uint32_t b) {
  __m128i low = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)a), _mm_cvtsi32_si128((int)b), 0);
  return (uint64_t)_mm_cvtsi128_si64(low);
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t crc32c_sse42(
    uint32_t crc, const uint8_t *p, size_t count) {
  uint64_t a = ~crc;
  for (; count >= 3 * STREAM; p += 3 * STREAM, count -= 3 * STREAM) {
    uint64_t b = 0, c = 0;
    for (size_t line = 0; line < STREAM; line += 64) {
      prefetch(p, 3 * STREAM + line);
      prefetch(p, 4 * STREAM + line);
      prefetch(p, 5 * STREAM + line);
      for (size_t i = line; i < line + 64; i += 8) {
        a = _mm_crc32_u64(a, load64(p + i));
        b = _mm_crc32_u64(b, load64(p + i + STREAM));
        c = _mm_crc32_u64(c, load64(p + i + 2 * STREAM));
      }
    }
    uint64_t joined = product(a, PAST_TWO_STREAMS) ^ product(b & 0xffffffff, PAST_ONE_STREAM);
    a = _mm_crc32_u64(0, joined) ^ c;
  }
  for (; count >= 8; p += 8, count -= 8) a = _mm_crc32_u64(a, load64(p));
  for (; count > 0; p++, count--) a = _mm_crc32_u8((uint32_t)a, *p);
  return ~(uint32_t)a;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t count) {
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
    return crc32c_sse42(crc, bytes, count);
  return crc32c_plain(crc, bytes, count);
}

#elif defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

uint32_t crc32c(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *p = bytes;
  crc = ~crc;
  for (; count >= 8; p += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    crc = __crc32cd(crc, word);
  }
  for (; count > 0; p++, count--) crc = __crc32cb(crc, *p);
  return ~crc;
}

#else

uint32_t crc32c(uint32_t crc, const void *bytes, size_t count) {
  return crc32c_plain(crc, bytes, count);
}

#endif
