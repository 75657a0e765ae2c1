// Elementary functions: known numbers, what C says of special ones, and the bits.
#include "ck_test_elementary.h"

#include "elementary.h"
#include "elementary_expected.h"

static const char *name_of(function f) { return f == of_pow ? "pow" : functions[f].name; }

static void check(ck_test_result *result, function f, double x, double power, double places) {
  result->checks += 1;
  if (places < 1) return;
  result->failures += 1;
  fprintf(
      stderr, "%s(%a, %a) = %a is off by %g places\n", name_of(f), x, power, own(f, x, power),
      places);
}

/// The sign of a zero too.
static int same(double a, double b) {
  return (a != a && b != b) || (a == b && signbit(a) == signbit(b));
}

static const double special[] = {
    0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, INFINITY, -INFINITY, NAN, 1e300, -1e300,
    0x1p53, -0x1p53, 0x1p52 + 1, -0x1p52 - 1, 0x1p-1074, -0x1p-1074, 0x1p-1022, DBL_MAX, -DBL_MAX};
enum { specials = sizeof special / sizeof *special };

ck_test_result ck_test_elementary(uint64_t seed, int count) {
  ck_test_result result = {0, 0};
  for (size_t i = 0; i < sizeof elementary_expected / sizeof *elementary_expected; i++) {
    function f = elementary_expected[i].function;
    double x = elementary_expected[i].x, power = elementary_expected[i].power;
    double found = own(f, x, power), expected = elementary_expected[i].result;
    // Less than one place from the exact number is at most the neighbour of the nearest double.
    int is_near = same(found, expected) ||
        (found == nextafter(expected, found) && signbit(found) == signbit(expected));
    check(&result, f, x, power, is_near ? 0 : error_in_places(found, expected));
  }

  for (function f = of_exp; f <= of_pow; f++) {
    for (size_t i = 0; i < specials; i++) {
      for (size_t k = 0; k < (f == of_pow ? specials : 1); k++) {
        double x = special[i], power = special[k];
        double found = own(f, x, power), expected = library(f, x, power);
        int is_ordinary = isfinite(expected) && expected != 0;
        double places = is_ordinary ? error_in_places(found, precise(f, x, power)) : 1e9;
        check(&result, f, x, power, same(found, expected) ? 0 : places);
      }
    }
  }

#if LDBL_MANT_DIG > DBL_MANT_DIG
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    range r = ranges[i];
    for (int k = 0; k < count; k++) {
      double x = drawn(r.low, r.high, &seed), power = drawn(r.power_low, r.power_high, &seed);
      double found = own(r.function, x, power);
      check(
          &result, r.function, x, power,
          error_in_places(found, precise(r.function, x, power)));
    }
  }
#endif
  return result;
}

/// FNV-1a over 64 bits at a time; every NaN is the same.
static void add(uint64_t *checksum, double y) {
  uint64_t bits = 0x7ff8000000000000;
  if (y == y) memcpy(&bits, &y, sizeof bits);
  *checksum = (*checksum ^ bits) * 0x100000001b3u;
}

uint64_t ck_test_elementary_checksum(void) {
  uint64_t checksum = 0xcbf29ce484222325u, state = 1;
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    range r = ranges[i];
    for (int k = 0; k < 20000; k++) {
      double x = drawn(r.low, r.high, &state), power = drawn(r.power_low, r.power_high, &state);
      add(&checksum, own(r.function, x, power));
    }
  }
  // Any bits at all: all magnitudes, and now and then no number.
  for (int k = 0; k < 20000; k++) {
    uint64_t bits[2] = {next_random(&state), next_random(&state)};
    double x, power;
    memcpy(&x, &bits[0], sizeof x), memcpy(&power, &bits[1], sizeof power);
    for (function f = of_exp; f <= of_pow; f++) add(&checksum, own(f, x, power));
  }
  return checksum;
}

static ck_function *const layers[] = {
    ck_clip, ck_elu, ck_selu, ck_celu, ck_sigmoid, ck_hard_sigmoid, ck_tanh, ck_silu,
    ck_hard_swish, ck_gelu, ck_gelu_tanh, ck_mish, ck_softplus, ck_softsign, ck_absolute,
    ck_exponential, ck_logarithm, ck_error_function, ck_power};

uint64_t ck_test_functions_checksum(void) {
  enum { rows = 12, columns = 50, count = rows * columns };
  uint64_t checksum = 0xcbf29ce484222325u, state = 2;
  float x[count], y[count];
  for (int round = 0; round < 50; round++) {
    float size = (float[]){0.01f, 1, 10, 100, 1e30f}[round % 5];
    for (size_t i = 0; i < count; i++) x[i] = size * uniform(&state);
    double a = drawn(0.1, 2, &state), b = drawn(0.1, 2, &state), c = drawn(-1, 1, &state);
    for (size_t f = 0; f < sizeof layers / sizeof *layers; f++) {
      layers[f](y, x, count, a, b, c);
      for (size_t i = 0; i < count; i++) add(&checksum, y[i]);
    }
    for (int logarithm = 0; logarithm < 2; logarithm++) {
      for (size_t i = 0; i < columns; i++) ck_softmax(y + i, x + i, rows, columns, logarithm);
      for (size_t i = 0; i < count; i++) add(&checksum, y[i]);
    }
    for (size_t i = 0; i < rows; i++) {
      ck_normalize_across_channels(y + i * columns, x, i, rows, columns, 5, a, b, 1 + c);
    }
    for (size_t i = 0; i < count; i++) add(&checksum, y[i]);
    ck_normalize_within_channel(y, x, rows, columns, 3, a, b);
    for (size_t i = 0; i < count; i++) add(&checksum, y[i]);
  }
  return checksum;
}
