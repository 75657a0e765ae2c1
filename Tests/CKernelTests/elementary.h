// The elementary functions beside those of a long double: shared by the tests and the bench.
#ifndef ELEMENTARY_H
#define ELEMENTARY_H

#include <float.h>

#include "support.h"

// The arguments of a checksum are the same everywhere, too.
#pragma STDC FP_CONTRACT OFF

typedef enum { of_exp, of_expm1, of_log, of_log1p, of_tanh, of_erf, of_erfc, of_pow } function;

typedef struct {
  const char *name;
  double (*own)(double), (*library)(double);
  long double (*precise)(long double);
} one_argument;

#define ONE(f) {#f, ck_own_##f, f, f##l}
static const one_argument functions[] = {
    ONE(exp), ONE(expm1), ONE(log), ONE(log1p), ONE(tanh), ONE(erf), ONE(erfc)};

/// Where arguments are drawn from; the last of a function may lie where it is hardest.
typedef struct {
  function function;
  double low, high, power_low, power_high;
} range;

static const range ranges[] = {
    {of_exp, -1, 1, 0, 0}, {of_exp, -746, 710, 0, 0}, {of_exp, -0.011, 0.011, 0, 0},
    {of_expm1, -1, 1, 0, 0}, {of_expm1, -50, 710, 0, 0}, {of_expm1, -0.26, -0.24, 0, 0},
    {of_log, 0, 2, 0, 0}, {of_log, 0, 1e300, 0, 0}, {of_log, 0.99, 1.01, 0, 0},
    {of_log1p, -1, 1, 0, 0}, {of_log1p, 0, 1e17, 0, 0}, {of_log1p, -1e-15, 1e-15, 0, 0},
    {of_tanh, -1, 1, 0, 0}, {of_tanh, -23, 23, 0, 0}, {of_tanh, 0.24, 0.26, 0, 0},
    {of_erf, -1, 1, 0, 0}, {of_erf, -6, 6, 0, 0}, {of_erf, 0.5, 0.55, 0, 0},
    {of_erfc, -1, 1, 0, 0}, {of_erfc, -7, 28, 0, 0}, {of_erfc, 21, 24.1, 0, 0},
    {of_pow, 0, 10, -2, 2}, {of_pow, 0, 1e4, -80, 80}, {of_pow, 0.999, 1.001, -7e5, 7e5}};

static inline double drawn(double low, double high, uint64_t *state) {
  return low + (high - low) * ((double)(next_random(state) >> 11) * 0x1p-53);
}

static inline double own(function f, double x, double power) {
  return f == of_pow ? ck_own_pow(x, power) : functions[f].own(x);
}

static inline double library(function f, double x, double power) {
  return f == of_pow ? pow(x, power) : functions[f].library(x);
}

static inline long double precise(function f, double x, double power) {
  return f == of_pow ? powl(x, power) : functions[f].precise(x);
}

/// The distance in units of the last place of the exact result; 1e9 for no number, or another.
static inline double error_in_places(double found, long double exact) {
  if (exact != exact || found != found) return exact != exact && found != found ? 0 : 1e9;
  // A double is infinite from half a unit past the largest on.
  long double overflow = 0x1.fffffffffffff8p1023L;
  if (fabsl(exact) >= overflow || isinf(found)) {
    int is_near = fabsl(exact) > overflow - 0x1p970L && signbit(exact) == signbit(found);
    return is_near && (isinf(found) || fabs(found) == DBL_MAX) ? 0.5 : 1e9;
  }
  int exponent;
  frexpl(exact, &exponent);
  double unit = ldexp(1, exponent < -1021 ? -1074 : exponent - 53);
  return (double)(fabsl(found - exact) / unit);
}

#endif
