// What convolutions cost on one thread, as CSV: what the table of costs in the executor is fitted to.
//
//     S=Sources/CKernels; clang -std=gnu11 -O2 -I$S/include Tests/CKernelTests/Bench/cost_bench.c \
//       $S/*.c $S/*/*.c -lm -lpthread -ldl -o cost_bench
//     ./cost_bench winograd|others
//
// Weights come from memory and lie in huge pages, as in a network: each run takes the next of a buffer
// larger than the caches. The input was just written. Algorithms take turns; the least time of each is printed, in
// microseconds, and the limit of registers meanwhile: F0 is the direct kernel, F2 and F4 Winograd's.
#define _GNU_SOURCE
#include <sys/mman.h>

#include "../support.h"

enum { most_rounds = 15, weight_bytes = 160 << 20 };

static const ck_kernels *kernels;
static float *weights;

typedef enum { direct, planar, depthwise, winograd } kind;

static size_t packed_count(const ck_convolution *c, kind k, size_t m) {
  switch (k) {
    case direct: return ck_packed_count(c, kernels->widest_panel);
    case planar: return ck_packed_planar_count(c);
    case depthwise: return ck_packed_depthwise_count(c);
    case winograd: return ck_packed_winograd_count(c, m);
  }
}

static size_t scratch_count(const ck_convolution *c, kind k, size_t m) {
  switch (k) {
    case direct: return ck_convolution_scratch(c, kernels->widest_panel);
    case planar: return ck_planar_scratch(c);
    case depthwise: return 0;
    case winograd: return ck_winograd_scratch(c, m, ck_winograd_tiles(c, m));
  }
}

static void run(
    const ck_convolution *c, kind k, size_t m, float *y, const float *x, const float *w,
    float *scratch) {
  ck_epilogue e = {.bias = w, .activation = {0, INFINITY}};
  ck_part all = whole(c, 1, kernels->widest_panel);
  switch (k) {
    case direct: kernels->convolve(y, x, w, c, &e, all, scratch); return;
    case planar: kernels->convolve_planar(y, x, w, c, &e, all, scratch); return;
    case depthwise:
      all.panels.end = ck_blocks(c->output_channels);
      kernels->convolve_depthwise(y, x, w, c, &e, all, scratch);
      return;
    case winograd: {
      ck_winograd tiling = {m, {0, ck_winograd_tiles(c, m)}};
      ck_winograd_convolve(kernels, y, x, w, c, &e, tiling, scratch);
    }
  }
}

/// GFLOP/s in registers, now.
static double peak(void) {
  double best = 0;
  for (int i = 0; i < 5; i++) {
    double start = now();
    double rate = ck_probe_arithmetic(ck_best_level(), 10000, 1) / (now() - start) * 1e-9;
    if (rate > best) best = rate;
  }
  return best;
}

/// The least microseconds of one algorithm (m = 0), or of three that take turns.
static void report(const char *name, ck_convolution c, kind first) {
  const ck_windows *w = &c.windows;
  size_t algorithms = first == winograd ? 3 : 1;
  uint64_t seed = 1;
  float *x = random_blocks(1, c.input_channels, input_pixels(&c), &seed);
  size_t inputs = ck_blocks(c.input_channels) * CK_BLOCK * input_pixels(&c);
  float *y = allocated(ck_blocks(c.output_channels) * CK_BLOCK * output_pixels(&c));
  double best[3] = {1e9, 1e9, 1e9}, spent = 0;
  size_t at = 0;
  for (int round = 0; round < most_rounds && (round < 4 || spent < 0.4); round++) {
    for (size_t a = 0; a < algorithms; a++) {
      kind k = a == 0 && first == winograd ? direct : first;
      size_t count = packed_count(&c, k, 2 * a);
      if (best[a] < 1e9 && best[a] > 50e-3) continue;
      if ((at + count) * sizeof(float) > weight_bytes) at = 0;
      float *scratch = allocated(scratch_count(&c, k, 2 * a) + 1);
      for (size_t i = 0; i < inputs; i++) x[i] *= 0.999f;
      double start = now();
      run(&c, k, 2 * a, y, x, weights + at, scratch);
      double time = now() - start;
      at += (count + 15) / 16 * 16;
      spent += time;
      if (round > 0 && time < best[a]) best[a] = time;
      released(scratch);
    }
  }
  printf("%s,%zu,%zu,%td,%td,%td,%.4f", name, c.input_channels, c.output_channels, w->height,
         w->kernel_height, w->stride_height, 2 * multiplications(&c) * 1e-9);
  for (size_t a = 0; a < 3; a++) printf(",%.1f", a < algorithms ? best[a] * 1e6 : 0);
  printf(",%.1f\n", peak());
  fflush(stdout);
  released(x), released(y);
}

static void report_winograd(void) {
  static const size_t channels[] = {16, 32, 64, 128, 256, 512};
  static const ptrdiff_t sides[] = {7, 8, 10, 14, 15, 16, 20, 28, 32, 40, 56, 64, 112};
  for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
    for (size_t j = 0; j < sizeof sides / sizeof *sides; j++) {
      size_t n = channels[i];
      if (n * n * (size_t)(sides[j] * sides[j]) > 1u << 28) continue;  // 50 ms
      report("3x3", square(n, n, sides[j], 3, 1, 1), winograd);
      if (j % 3 == 0 && n < 512) report("3x3", square(n, 2 * n, sides[j], 3, 1, 1), winograd);
    }
  }
}

static void report_others(void) {
  report("stem", square(3, 64, 224, 7, 2, 3), planar);
  report("stem", square(3, 64, 320, 7, 2, 3), planar);
  report("stem", square(3, 16, 32, 3, 1, 1), planar);
  report("stem", square(3, 32, 224, 3, 2, 1), planar);
  report("stem", square(3, 64, 224, 3, 1, 1), planar);
  for (size_t width = 64, side = 56; width <= 512; width *= 2, side /= 2) {
    ptrdiff_t s = (ptrdiff_t)side;
    report("1x1", square(width, width * 4, s, 1, 1, 0), direct);
    report("1x1", square(width * 4, width, s, 1, 1, 0), direct);
    report("1x1", square(width * 4, width * 2, s, 1, 1, 0), direct);
    if (width < 512) {
      report("1x1 s2", square(width * 4, width * 8, s, 1, 2, 0), direct);
      report("1x1 s2", square(width, width * 2, s, 1, 2, 0), direct);
      report("3x3 s2", square(width * 2, width * 2, s, 3, 2, 1), direct);
      report("3x3 s2", square(width, width * 2, s, 3, 2, 1), direct);
    }
    ck_convolution c = square(width, width, s, 3, 1, 1);
    c.groups = width;
    report("depthwise", c, depthwise);
    c = square(width, width, s, 3, 2, 1);
    c.groups = width;
    report("depthwise s2", c, depthwise);
    c = square(width * 2, width * 2, s, 3, 1, 1);
    c.groups = 32;
    report("3x3 of 32 groups", c, direct);
  }
  report("3x3 s2", square(16, 32, 32, 3, 2, 1), direct);
  report("3x3 s2", square(32, 64, 16, 3, 2, 1), direct);
  report("dense", ck_dense(2048, 1000), direct);
  report("dense", ck_dense(512, 1000), direct);
}

int main(int argc, char **argv) {
  kernels = ck_kernels_for_level(ck_best_level());
  weights = aligned_alloc(2 << 20, weight_bytes);
  madvise(weights, weight_bytes, MADV_HUGEPAGE);
  for (size_t i = 0; i < weight_bytes / sizeof(float); i++) weights[i] = 0.01f;
  printf("shape,inputs,outputs,side,kernel,stride,GFLOP,F0,F2,F4,peak\n");
  if (argc > 1 && strcmp(argv[1], "others") == 0) report_others();
  else report_winograd();
}
