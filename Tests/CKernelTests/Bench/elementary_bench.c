// Time and error of the elementary functions, beside the C library's.
//
//     S=Sources/CKernels; clang -std=gnu11 -O2 -I$S/include \
//       Tests/CKernelTests/Bench/elementary_bench.c $S/scalar/elementary.c -lm -o elementary_bench
//     ./elementary_bench [ARGUMENTS]
//
// Both take the same arguments turn by turn, in a loop over an array that stays in L1; the least
// time of 200 rounds counts. The error, in units of the last place, is the largest over ARGUMENTS
// random ones of a range (1000000), as a long double of more digits tells it.
#include "../elementary.h"

enum { count = 1024, rounds = 200 };
static double x[count], power[count];
static volatile double kept;

static double nanoseconds(double (*of)(function, double, double), function f) {
  double start = now(), total = 0;
  for (int i = 0; i < count; i++) total += of(f, x[i], power[i]);
  kept = total;
  return (now() - start) * 1e9 / count;
}

int main(int argc, char **argv) {
  int arguments = argc > 1 ? atoi(argv[1]) : 1000000;
  uint64_t state = 1;
  printf("function from..to (power)                  own ns  library ns  own error  library\n");
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    range r = ranges[i];
    double times[2] = {INFINITY, INFINITY}, errors[2] = {0, 0};
    for (int k = 0; k < count; k++) {
      x[k] = drawn(r.low, r.high, &state), power[k] = drawn(r.power_low, r.power_high, &state);
    }
    for (int k = 0; k < rounds; k++) {
      times[0] = fmin(times[0], nanoseconds(own, r.function));
      times[1] = fmin(times[1], nanoseconds(library, r.function));
    }
    for (int k = 0; k < arguments; k++) {
      double a = drawn(r.low, r.high, &state), b = drawn(r.power_low, r.power_high, &state);
      long double exact = precise(r.function, a, b);
      errors[0] = fmax(errors[0], error_in_places(own(r.function, a, b), exact));
      errors[1] = fmax(errors[1], error_in_places(library(r.function, a, b), exact));
    }
    printf(
        "%-6s %7g..%-7g (%g..%g)\t%10.2f %10.2f %10.3f %10.3f\n",
        r.function == of_pow ? "pow" : functions[r.function].name, r.low, r.high, r.power_low,
        r.power_high, times[0], times[1], errors[0], errors[1]);
  }
}
