// Time of the kernels on one thread, beside the processor's limit.
//
//     S=Sources/CKernels; clang -std=gnu11 -O2 -I$S/include Tests/CKernelTests/Bench/kernel_bench.c \
//       $S/*.c $S/*/*.c -lm -lpthread -ldl -o kernel_bench
//     ./kernel_bench [resnet50|resnet18|cifar|widths]
//
// `one C_IN C_OUT SIZE KERNEL STRIDE PAD [warm]` times one shape. F0 is the direct kernel, F2 and F4
// are Winograd's, in GFLOP/s of the direct one's arithmetic.
#include "../support.h"

// GFLOP/s of 12 chains in registers.
#define PEAK(name, instructions, bytes)                                                       \
  __attribute__((target(instructions))) static double name(void) {                            \
    typedef float vector __attribute__((vector_size(bytes)));                                 \
    double best = 0;                                                                          \
    for (int round = 0; round < 20; round++) {                                                \
      vector c[12], a = (vector){} + 0.999f, b = (vector){} + 0.001f;                         \
      for (int i = 0; i < 12; i++) c[i] = a;                                                  \
      double start = now();                                                                   \
      for (int k = 0; k < 100000; k++) {                                                      \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < 12; i++) {                     \
          __asm__ volatile("vfmadd213ps %2, %1, %0" : "+v"(c[i]) : "v"(a), "v"(b));           \
        }                                                                                     \
      }                                                                                       \
      double rate = 100000.0 * 12 * (bytes / 4) * 2 / (now() - start) * 1e-9;                 \
      if (rate > best) best = rate;                                                           \
    }                                                                                         \
    return best;                                                                              \
  }
PEAK(peak_avx2, "avx2,fma", 32)
PEAK(peak_avx512, "avx512f,fma", 64)

static double fma_peak(void) {
  return ck_best_level() == ck_level_avx512 ? peak_avx512() : peak_avx2();
}

static double peak;
static int is_warm;  // weights stay in the caches
static const ck_kernels *kernels;

typedef struct {
  const char *name;
  ck_convolution c;
  int count;  // how often the network has it
} layer;

/// The least time of a convolution: m = 0 direct, 2 or 4 Winograd. Weights come from memory, as in
/// a network.
static double time_of(const ck_convolution *c, size_t m, int rounds) {
  uint64_t seed = 1;
  size_t panel = kernels->widest_panel, tiles = m ? ck_winograd_tiles(c, m) : 0;
  int is_planar = c->input_channels < 16;
  size_t count = m ? ck_packed_winograd_count(c, m)
      : is_planar ? ck_packed_planar_count(c) : ck_packed_count(c, panel);
  size_t copies = is_warm ? 1 : (48u << 20) / (count * 4) + 1;
  float *x = random_blocks(1, c->input_channels, input_pixels(c), &seed);
  size_t outputs = ck_blocks(c->output_channels) * CK_BLOCK * output_pixels(c);
  float *y = allocated(outputs), *w = allocated(count * copies);
  for (size_t i = 0; i < count * copies; i++) w[i] = 0.01f;
  float *bias = random_floats(ck_blocks(c->output_channels) * CK_BLOCK, &seed);
  float *scratch = allocated(
      m ? ck_winograd_scratch(c, m, tiles)
        : is_planar ? ck_planar_scratch(c) : ck_convolution_scratch(c, panel));
  ck_epilogue e = {.bias = bias, .activation = {0, INFINITY}};
  double best = 1e9;
  for (int i = 0; i < rounds; i++) {
    const float *weights = w + (size_t)i % copies * count;
    double start = now();
    if (m > 0) {
      ck_winograd_convolve(kernels, y, x, weights, c, &e, (ck_winograd){m, {0, tiles}}, scratch);
    } else if (is_planar) {
      kernels->convolve_planar(y, x, weights, c, &e, whole(c, 1, panel), scratch);
    } else {
      kernels->convolve(y, x, weights, c, &e, whole(c, 1, panel), scratch);
    }
    double time = now() - start;
    if (i > 0 && time < best) best = time;
  }
  released(x), released(y), released(w), released(bias), released(scratch);
  return best;
}

static double total;

static void report(layer l) {
  const ck_windows *w = &l.c.windows;
  double flops = 2e-9 * multiplications(&l.c), best = 1e9;
  printf("%-28s %2d", l.name, l.count);
  int has_winograd = l.c.groups == 1 && l.c.input_channels >= 16 && w->kernel_height == 3 && w->kernel_width == 3 &&
      w->stride_height == 1 && w->stride_width == 1;
  for (size_t m = 0; m <= (has_winograd ? 4 : 0); m += 2) {
    double time = time_of(&l.c, m, 30);
    printf(" | F%zu %7.3f ms %6.1f GF/s %5.1f %%", m, time * 1e3, flops / time,
           100 * flops / time / peak);
    if (time < best) best = time;
  }
  printf("\n");
  total += l.count * best;
}

/// The least time of something else than a convolution.
static double time_of_other(void (*run)(void *), void *context) {
  double best = 1e9;
  for (int i = 0; i < 30; i++) {
    double start = now();
    run(context);
    double time = now() - start;
    if (i > 0 && time < best) best = time;
  }
  return best;
}

typedef struct {
  float *x, *y, *weights;
  size_t count;
} arrays;

static void run_pool(void *context) {
  arrays *a = context;
  ck_windows w = square(64, 64, 112, 3, 2, 1).windows;
  kernels->pool(a->y, a->x, 64, &w, ck_pool_maximum, (ck_part){{0, 1}, {0, 56}, {0, 4}});
}

static void run_mean(void *context) {
  arrays *a = context;
  kernels->average_planes(a->y, a->x, 128, 49);
}

static void run_dense(void *context) {  // one of several copies: weights come from memory
  static size_t copy;
  arrays *a = context;
  ck_convolution c = ck_dense(2048, 1000);
  size_t packed = ck_packed_count(&c, kernels->widest_panel);
  kernels->multiply_dense(
      a->y, a->x, a->weights + copy++ % 6 * packed, 2048, 1000, &(ck_epilogue){.activation = {1, INFINITY}},
      (ck_span){0, a->count}, (ck_span){0, ck_panels(&c, kernels->widest_panel)});
}

static void run_scale(void *context) {
  arrays *a = context;
  kernels->scale_planes(a->y, a->x, a->weights, a->weights, 16, 3136, (ck_activation){0, INFINITY});
}

static double report_others(void) {
  uint64_t seed = 1;
  ck_convolution c = ck_dense(2048, 1000);
  size_t packed = ck_packed_count(&c, kernels->widest_panel);
  arrays a = {random_floats(1 << 20, &seed), allocated(1 << 20), allocated(packed * 6), 1};
  for (size_t i = 0; i < packed * 6; i++) a.weights[i] = 0.01f;
  double pool = time_of_other(run_pool, &a), mean = time_of_other(run_mean, &a);
  double dense = time_of_other(run_dense, &a), scale = time_of_other(run_scale, &a);
  a.count = 8;
  double batch = time_of_other(run_dense, &a);
  printf("max pool 3x3 s2 64 @112   %7.3f ms\n", pool * 1e3);
  printf("mean of 2048 planes of 49 %7.3f ms\n", mean * 1e3);
  printf("dense 2048->1000          %7.3f ms %6.1f GB/s\n", dense * 1e3, 8.2e-3 / dense);
  printf("dense, 8 images           %7.3f ms\n", batch * 1e3);
  printf("scale 256 @56             %7.3f ms\n", scale * 1e3);
  released(a.x), released(a.y), released(a.weights);
  return pool + mean + dense;
}

static size_t resnet(layer *to, int is_bottleneck, const int *blocks) {
  static char names[64][40];
  size_t n = 1, input = 64;
  to[0] = (layer){"7x7 s2 stem", square(3, 64, 224, 7, 2, 3), 1};
  ptrdiff_t size = 56;
  for (int stage = 0; stage < 4; stage++) {
    size_t width = 64u << stage, output = is_bottleneck ? width * 4 : width;
    ptrdiff_t stride = stage > 0 ? 2 : 1;
    int more = blocks[stage] - 1;
#define ADD(ci, co, s, k, st, times)                                                        \
  if ((times) > 0) {                                                                        \
    to[n] = (layer){names[n], square(ci, co, s, k, st, (k) / 2), times};                    \
    sprintf(names[n], "%dx%d s%d %4d->%4d @%d", (int)(k), (int)(k), (int)(st), (int)(ci),   \
            (int)(co), (int)((s) / (st)));                                                  \
    n++;                                                                                    \
  }
    ptrdiff_t out = size / stride;
    if (is_bottleneck) {
      ADD(input, width, size, 1, stride, 1)
      ADD(input, output, size, 1, stride, 1)
      ADD(output, width, out, 1, 1, more)
      ADD(width, width, out, 3, 1, more + 1)
      ADD(width, output, out, 1, 1, more + 1)
    } else {
      if (stage > 0) {
        ADD(input, output, size, 1, stride, 1)
        ADD(input, output, size, 3, stride, 1)
      }
      ADD(width, width, out, 3, 1, 2 * more + (stage > 0 ? 1 : 2))
    }
    input = output, size = out;
  }
  return n;
}

int main(int argc, char **argv) {
  layer layers[64];
  const char *what = argc > 1 ? argv[1] : "resnet50";
  kernels = ck_kernels_for_level(ck_best_level());
  peak = fma_peak();
  printf("peak %.1f GF/s\n", peak);
  if (strcmp(what, "resnet50") == 0 || strcmp(what, "resnet18") == 0) {
    int fifty[4] = {3, 4, 6, 3}, eighteen[4] = {2, 2, 2, 2};
    int is_fifty = what[6] == '5';
    size_t n = resnet(layers, is_fifty, is_fifty ? fifty : eighteen);
    for (size_t i = 0; i < n; i++) report(layers[i]);
    printf("convolutions, best of each: %.2f ms\n", total * 1e3);
    double others = report_others();
    printf("with pooling, mean and dense layer: %.2f ms\n", (total + others) * 1e3);
  } else if (strcmp(what, "cifar") == 0) {
    is_warm = 1;  // all weights of such a network fit
    report((layer){"3x3 stem    3->  16 @32", square(3, 16, 32, 3, 1, 1), 1});
    report((layer){"3x3 s1   16->  16 @32", square(16, 16, 32, 3, 1, 1), 6});
    report((layer){"3x3 s2   16->  32 @16", square(16, 32, 32, 3, 2, 1), 1});
    report((layer){"3x3 s1   32->  32 @16", square(32, 32, 16, 3, 1, 1), 5});
    report((layer){"3x3 s2   32->  64 @8", square(32, 64, 16, 3, 2, 1), 1});
    report((layer){"3x3 s1   64->  64 @8", square(64, 64, 8, 3, 1, 1), 5});
    printf("convolutions of ResNet-20, best of each: %.3f ms\n", total * 1e3);
  } else if (strcmp(what, "one") == 0 && argc > 7) {
    int n[6];
    for (int i = 0; i < 6; i++) n[i] = atoi(argv[2 + i]);
    is_warm = argc > 8;
    report((layer){"", square((size_t)n[0], (size_t)n[1], n[2], n[3], n[4], n[5]), 1});
  } else if (strcmp(what, "widths") == 0) {
    for (ptrdiff_t width = 7; width <= 64; width++) {
      char name[40];
      sprintf(name, "3x3 64->64 width %d", (int)width);
      report((layer){name, square(64, 64, width, 3, 1, 1), 1});
    }
  }
  printf("peak %.1f GF/s\n", fma_peak());
}
