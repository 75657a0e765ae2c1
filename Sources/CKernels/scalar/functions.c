// Functions of one element and normalizations, in double: each result is rounded once.
//
// No function of the C library but fabs: others have the bits of the library that is at hand.
#include "ck_functions.h"

#include <math.h>

#include "ck_elementary.h"

#pragma STDC FP_CONTRACT OFF

#define FUNCTION(name, formula)                                                              \
  void ck_##name(float *y, const float *from, size_t count, double a, double b, double c) { \
    (void)a, (void)b, (void)c;                                                               \
    for (size_t i = 0; i < count; i++) {                                                     \
      double x = from[i];                                                                    \
      y[i] = (float)(formula);                                                               \
    }                                                                                        \
  }

// NaN passes both comparisons.
static double clipped(double x, double least, double most) {
  return x < least ? least : x > most ? most : x;
}

// Of a large argument exp overflows and of a small one the sum is 1; both halves are exact there.
static double softplus(double x) {
  return x > 0 ? x + ck_own_log1p(ck_own_exp(-x)) : ck_own_log1p(ck_own_exp(x));
}

static double powered(double base, double power) {
  return power == 1 ? base : ck_own_pow(base, power);
}

FUNCTION(clip, clipped(x, a, b))
FUNCTION(elu, x > 0 ? x : a * ck_own_expm1(x))
FUNCTION(selu, b * (x > 0 ? x : a * ck_own_expm1(x)))
FUNCTION(celu, x > 0 ? x : a * ck_own_expm1(x / a))
FUNCTION(sigmoid, 1 / (1 + ck_own_exp(-x)))
FUNCTION(hard_sigmoid, clipped(a * x + b, 0, 1))
FUNCTION(tanh, ck_own_tanh(x))
FUNCTION(silu, x / (1 + ck_own_exp(-x)))
FUNCTION(hard_swish, x * clipped(x / 6 + 0.5, 0, 1))
FUNCTION(gelu, x / 2 * ck_own_erfc(-x * 0.70710678118654752440))
FUNCTION(
    gelu_tanh, x / 2 * (1 + ck_own_tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x))))
FUNCTION(mish, x * ck_own_tanh(softplus(x)))
FUNCTION(softplus, softplus(x))
FUNCTION(softsign, x / (1 + fabs(x)))
FUNCTION(absolute, fabs(x))
FUNCTION(exponential, ck_own_exp(x))
FUNCTION(logarithm, ck_own_log(x))
FUNCTION(error_function, ck_own_erf(x))
FUNCTION(power, powered(c + b * x, a))

void ck_softmax(float *y, const float *x, size_t count, size_t stride, int logarithm) {
  float largest = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    float element = x[i * stride];
    if (element > largest || element != element) largest = element;
  }
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += ck_own_exp((double)x[i * stride] - largest);
  if (logarithm) {
    double offset = largest + ck_own_log(sum);
    for (size_t i = 0; i < count; i++) y[i * stride] = (float)(x[i * stride] - offset);
    return;
  }
  // The exponentials are computed twice rather than kept: a float would round them once more.
  for (size_t i = 0; i < count; i++) {
    y[i * stride] = (float)(ck_own_exp((double)x[i * stride] - largest) / sum);
  }
}

void ck_normalize_across_channels(
    float *y, const float *image, size_t channel, size_t channels, size_t pixels, size_t size,
    double alpha, double beta, double k) {
  size_t reach = size / 2;
  size_t first = channel > reach ? channel - reach : 0;
  size_t end = channels - channel > reach ? channel + reach + 1 : channels;
  for (size_t p = 0; p < pixels; p++) {
    double energy = 0;
    for (size_t c = first; c < end; c++) {
      double x = image[c * pixels + p];
      energy += x * x;
    }
    double divisor = ck_own_pow(k + alpha / (double)size * energy, beta);
    y[p] = (float)(image[channel * pixels + p] / divisor);
  }
}

void ck_normalize_within_channel(
    float *y, const float *x, size_t height, size_t width, size_t size, double alpha,
    double beta) {
  size_t reach = size / 2;
  for (size_t r = 0; r < height; r++) {
    size_t top = r > reach ? r - reach : 0;
    size_t bottom = height - r > reach ? r + reach + 1 : height;
    for (size_t c = 0; c < width; c++) {
      size_t left = c > reach ? c - reach : 0;
      size_t right = width - c > reach ? c + reach + 1 : width;
      double energy = 0;
      for (size_t i = top; i < bottom; i++) {
        for (size_t j = left; j < right; j++) energy += (double)x[i * width + j] * x[i * width + j];
      }
      double area = (double)size * (double)size;
      y[r * width + c] = (float)(x[r * width + c] / ck_own_pow(1 + alpha / area * energy, beta));
    }
  }
}
