/// Elementary functions of a double, with the same bits on every machine.
///
/// Two C libraries differ in the last bit, and one differs from itself where it picks a version by
/// the processor. These use nothing but operations that IEEE 754 rounds correctly, in one order and
/// uncontracted. NaN, infinities, zeros and subnormals are what C says (Annex F); the status flags
/// are not. Rounding is to the nearest.
///
/// The error is in units of the last place of the result: the largest of 3 million random arguments
/// each, found with long double (Tests/CKernelTests/Bench/elementary_bench.c) and confirmed with 45
/// digits on 49 thousand others in all, those next to where a formula changes among them. A subnormal
/// result is off by 0.8 at most.
#ifndef CK_ELEMENTARY_H
#define CK_ELEMENTARY_H

double ck_own_exp(double x);            // exp(x): 0.55
double ck_own_expm1(double x);          // exp(x) - 1: 0.66
double ck_own_log(double x);            // ln(x): 0.51
double ck_own_log1p(double x);          // ln(1 + x): 0.67
double ck_own_pow(double x, double y);  // x ^ y: 0.55
double ck_own_tanh(double x);           // tanh(x): 0.58
double ck_own_erf(double x);            // erf(x): 0.86
double ck_own_erfc(double x);           // 1 - erf(x): 0.97

#endif
