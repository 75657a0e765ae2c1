// exp, ln, powers, tanh and the error function of a double, with the same bits on every machine.
//
//   exp(x)    = 2^k · 2^(j/64) · exp(r), x = (64 k + j) · ln 2 / 64 + r, |r| ≤ ln 2 / 128: a table
//               and a polynomial
//   ln(x)     = k · ln 2 + ln c + ln(1 + r), c = i / 128 next to x / 2^k, r = x / 2^k / c - 1: a
//               table and a polynomial, in two doubles
//   x ^ y     = exp(y · ln x), the product in two doubles
//   tanh(x)   = 1 - 2 / (exp(2x) + 1), a polynomial for |x| < 1/4
//   erf(x)    = a polynomial for |x| < 1/2, else 1 - erfc(x)
//   erfc(x)   = exp(-x²) · a polynomial for each half of an octave from 1/2; 1 - erf(x) below
//
// "Two doubles" are a number and what is missing of it: what one rounding would lose decides the
// last bit after a product with y, or where 1 is taken away. There is no fused multiply-add on
// every machine, so exact products come from factors whose last 27 bits are zero.
#include "../include/ck_elementary.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "elementary_tables.h"

// Contraction rounds once where this rounds twice: other bits, and no exact rests.
#pragma STDC FP_CONTRACT OFF

/// A number, and what is missing of it.
typedef struct {
  double value, rest;
} pair;

static inline uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double double_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline double power_of_two(int64_t k) { return double_of((uint64_t)(1023 + k) << 52); }

/// The first 26 bits of a number: the product of two such is exact.
static inline double first_half(double x) { return double_of(bits_of(x) & ~0x7ffffffull); }

/// The sum of two numbers of which the first is not the smaller one.
static inline pair sum(double large, double small) {
  double value = large + small;
  return (pair){value, small - (value - large)};
}

/// A polynomial, the constant term first, of an even number of terms.
///
/// Even and odd powers apart: two chains of half the length, which is what its time is.
static inline double polynomial(const double *terms, int count, double x) {
  double square = x * x, even = terms[count - 2], odd = terms[count - 1];
  for (int i = count - 4; i >= 0; i -= 2) {
    even = even * square + terms[i];
    odd = odd * square + terms[i + 1];
  }
  return even + x * odd;
}

#define POLYNOMIAL(terms, x) polynomial(terms, sizeof(terms) / sizeof *(terms), x)

/// 2^exponent · (value + rest), a value from 1 to 2 and a small rest.
typedef struct {
  pair factor;
  int64_t exponent;
} exponential;

/// exp(x + rest) for |x| < 800 and a rest that would not change x.
static inline exponential exponential_of(double x, double rest) {
  const double integers = 0x1.8p52;  // numbers of this size have no fractions
  double shifted = x * 0x1.71547652b82fep+6 + integers;
  double n = shifted - integers;
  int64_t index = (int64_t)(bits_of(shifted) - bits_of(integers));
  double r = (x - n * step[0]) + (rest - n * step[1]);
  double square = r * r;
  double p = r + (square * (exp_terms[0] + r * exp_terms[1]) +
                  square * square * (exp_terms[2] + r * exp_terms[3]));
  const double *entry = powers + 2 * (index & 63);
  return (exponential){{entry[0], entry[0] * (entry[1] + p)}, index >> 6};
}

/// 2^exponent · x for 2^-20 < x ≤ 2, infinite where too large.
static inline double scaled(double x, int64_t exponent) {
  if (exponent >= -1021 && exponent <= 1022) return x * power_of_two(exponent);
  if (exponent > 0) return x * 0x1p1000 * power_of_two(exponent - 1000);
  // Of two products one is exact, so that a subnormal result is rounded once more, not twice.
  return x * 0x1p-1000 * power_of_two(exponent + 1000);
}

static inline double exponential_with_rest(double x, double rest) {
  if (!(x < 800)) return x > 0 ? INFINITY : x;
  if (x < -800) return 0;
  exponential e = exponential_of(x, rest);
  return scaled(e.factor.value + e.factor.rest, e.exponent);
}

double ck_own_exp(double x) { return exponential_with_rest(x, 0); }

double ck_own_expm1(double x) {
  if (fabs(x) < 0.25) {
    if (fabs(x) < 0x1p-54) return x;
    return x + (x * x / 2 + x * x * x * POLYNOMIAL(expm1_terms, x));
  }
  if (!(x < 60)) return ck_own_exp(x);
  if (x < -45) return -1;
  exponential e = exponential_of(x, 0);
  double factor = power_of_two(e.exponent), value = e.factor.value * factor;
  pair less = value > 1 ? sum(value, -1) : sum(-1, value);
  return less.value + (less.rest + e.factor.rest * factor);
}

/// ln(2^exponent · (x + rest)) for a normal x, and a rest that would not change it.
static inline __attribute__((always_inline)) pair logarithm_of(
    double x, double rest, int64_t exponent) {
  const uint64_t least = 0x3fe6a09e00000000;  // a little below √1/2
  int64_t k = (int64_t)(bits_of(x) - least) >> 52;
  double z = double_of(bits_of(x) - ((uint64_t)k << 52));
  const double steps = 0x1.8p45;  // numbers of this size are multiples of 1 / 128
  double shifted = z + steps, c = shifted - steps;
  const double *entry = logarithms + 3 * (int64_t)(bits_of(shifted) - bits_of(steps) - 90);
  // r in two parts: z - c, the product of the first with c and the difference are exact.
  double distance = z - c;
  double r = first_half(distance * entry[0]);
  double missing = (distance - r * c) * entry[0];
  double half = r * r / 2, whole = r + missing;
  double tail = whole * whole * whole * POLYNOMIAL(log_terms, whole);
  pair near = sum(r, -half);
  near.rest += missing - missing * (r + missing / 2) + tail;
  if (rest != 0) near.rest += rest / x - rest / x * (rest / x) / 2;
  k += exponent;
  // The sum of both first parts is exact.
  pair all = sum((double)k * ln2[0] + entry[1], near.value);
  return sum(all.value, all.rest + ((double)k * ln2[1] + entry[2] + near.rest));
}

static inline pair logarithm(double x) {
  return x < 0x1p-1022 ? logarithm_of(x * 0x1p54, 0, -54) : logarithm_of(x, 0, 0);
}

double ck_own_log(double x) {
  if (!(x > 0)) return x == 0 ? -INFINITY : x < 0 ? NAN : x;
  return x == INFINITY ? x : logarithm(x).value;
}

double ck_own_log1p(double x) {
  if (!(x > -1)) return x == -1 ? -INFINITY : x < -1 ? NAN : x;
  if (x == INFINITY || fabs(x) < 0x1p-54) return x;
  pair one_more = fabs(x) < 1 ? sum(1, x) : sum(x, 1);
  return logarithm_of(one_more.value, one_more.rest, 0).value;
}

/// 0 for a fraction, 1 for an odd number, 2 for an even one.
static int parity(double y) {
  if (fabs(y) >= 0x1p53) return 2;
  int64_t whole = (int64_t)y;
  return (double)whole != y ? 0 : whole & 1 ? 1 : 2;
}

double ck_own_pow(double x, double y) {
  if (x == 1 || y == 0) return 1;
  if (x != x || y != y) return x + y;
  double size = fabs(x);
  if (fabs(y) == INFINITY) {
    return size == 1 ? 1 : (size > 1) == (y > 0) ? INFINITY : 0;
  }
  int kind = parity(y);
  double sign = x < 0 || (x == 0 && bits_of(x) != 0) ? (kind == 1 ? -1 : 1) : 1;
  if (size == 0 || size == INFINITY) return sign * ((size == 0) == (y > 0) ? 0 : INFINITY);
  if (x < 0 && kind == 0) return NAN;

  pair l = logarithm(size);
  double product = y * l.value;
  if (!(fabs(product) < 800)) return sign * (product > 0 ? INFINITY : 0);
  double y1 = first_half(y), l1 = first_half(l.value);
  double y2 = y - y1, l2 = l.value - l1;
  double rest = ((y1 * l1 - product) + y1 * l2 + y2 * l1) + y2 * l2 + y * l.rest;
  return sign * exponential_with_rest(product, rest);
}

double ck_own_tanh(double x) {
  double size = fabs(x);
  if (size < 0x1p-28) return x;
  if (!(size >= 0.25)) {  // NaN comes through
    double w = x * x;
    return x + x * (w * POLYNOMIAL(tanh_terms, w));
  }
  double y = 1;
  if (size < 22) {
    exponential e = exponential_of(2 * size, 0);
    double factor = power_of_two(e.exponent);
    pair w = sum(e.factor.value * factor, 1);
    w = sum(w.value, w.rest + e.factor.rest * factor);
    // The quotient q1 + q2 to more than one rounding, so that 1 less it is rounded once.
    double w1 = first_half(w.value), q = 2 / w.value, q1 = first_half(q);
    double q2 = ((2 - q1 * w1) - q1 * ((w.value - w1) + w.rest)) * (q / 2);
    pair less = sum(1, -q1);
    y = less.value + (less.rest - q2);
  }
  return x < 0 ? -y : y;
}

/// erfc(x) for x ≥ 1/2.
static inline double upper_error(double x) {
  if (x > 28) return 0;
  int64_t half = (int64_t)(bits_of(x) >> 51) - (int64_t)(0x3fe0000000000000 >> 51);
  const double *terms = erfc_terms[half];
  // The middle of the half octave that x is in.
  double center = double_of((bits_of(x) >> 51 << 51) + (1ull << 50));
  double u = x - center;
  pair f = sum(terms[0], u * (terms[2] + u * polynomial(terms + 3, 16, u)));
  f.rest += terms[1];
  double x1 = first_half(x);
  exponential e = exponential_of(-x1 * x1, (x1 - x) * (x1 + x));
  // The product of both in two parts each: what their roundings would cost stays out of it.
  double f1 = first_half(f.value), f2 = (f.value - f1) + f.rest;
  double e1 = first_half(e.factor.value + e.factor.rest);
  double e2 = (e.factor.value - e1) + e.factor.rest;
  return scaled(e1 * f1 + (e1 * f2 + e2 * f.value), e.exponent);
}

double ck_own_erf(double x) {
  double size = fabs(x);
  if (!(size >= 0.5)) return x + x * POLYNOMIAL(erf_terms, x * x);
  double y = size < 6 ? 1 - upper_error(size) : 1;
  return x < 0 ? -y : y;
}

double ck_own_erfc(double x) {
  if (x >= 0.5) return upper_error(x);
  if (!(x > -0.5)) return x < -6 ? 2 : x < 0 ? 2 - upper_error(-x) : x;
  double product = x * POLYNOMIAL(erf_terms, x * x);
  if (x < 0.25) return 1 - (x + product);
  return 0.5 - ((x - 0.5) + product);
}
