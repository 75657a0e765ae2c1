// Time of packing the weights of ResNet-50 on one thread, kind by kind, beside a plain copy.
//
//     S=Sources/CKernels; clang -std=gnu11 -O2 -I$S/include Tests/CKernelTests/Bench/packing_bench.c \
//       $S/*.c $S/*/*.c -lm -lpthread -ldl -o packing_bench && ./packing_bench [scalar]
//
// Weights lie one after the other where no cache holds them, in pages of 4 KB and 4 bytes off the
// cache lines, as in a mapped file. They are packed into fresh huge pages: the system clears these
// within the time. `again` packs into pages that are there.
#define _GNU_SOURCE
#include <sys/mman.h>

#include "../support.h"

typedef enum { convolution, planar, f2, f4, dense } kind;
static const char *kind_names[] = {"direct", "stem", "F(2x2)", "F(4x4)", "dense"};

typedef struct {
  kind kind;
  ck_convolution c;
} layer;

static size_t resnet50(layer *to, int is_direct) {
  static const size_t blocks[4] = {3, 4, 6, 3};
  size_t n = 0, input = 64;
  to[n++] = (layer){planar, square(3, 64, 224, 7, 2, 3)};
  for (size_t stage = 0; stage < 4; stage++) {
    size_t width = 64u << stage;
    kind square_kind = is_direct ? convolution : stage < 3 ? f4 : f2;
    for (size_t b = 0; b < blocks[stage]; b++, input = width * 4) {
      if (b == 0) to[n++] = (layer){convolution, square(input, width * 4, 7, 1, 1, 0)};
      to[n++] = (layer){convolution, square(input, width, 7, 1, 1, 0)};
      to[n++] = (layer){square_kind, square(width, width, 7, 3, 1, 1)};
      to[n++] = (layer){convolution, square(width, width * 4, 7, 1, 1, 0)};
    }
  }
  to[n++] = (layer){dense, ck_dense(2048, 1000)};
  return n;
}

static size_t packed_count(const layer *l, size_t widest) {
  switch (l->kind) {
    case planar: return ck_packed_planar_count(&l->c);
    case f2: return ck_packed_winograd_count(&l->c, 2);
    case f4: return ck_packed_winograd_count(&l->c, 4);
    case convolution: case dense: return ck_packed_count(&l->c, widest);
  }
  return 0;
}

static void *mapped(size_t bytes, int advice) {
  size_t huge = 2 << 20;
  char *p = mmap(NULL, bytes + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) abort();
  p += huge - (size_t)p % huge;
  madvise(p, bytes, advice);
  return p;
}

typedef struct {
  double seconds[5], bytes[5];
} times;

static times pack(
    const ck_kernels *k, float *packed, const float *weights, const double *factors,
    const layer *layers, size_t count) {
  times t = {0};
  for (size_t i = 0; i < count; i++) {
    const layer *l = &layers[i];
    ck_span panels = {0, ck_panels(&l->c, k->widest_panel)};
    double start = now();
    switch (l->kind) {
      case planar: k->pack_planar(packed, weights, factors, &l->c, panels); break;
      case f2: k->pack_winograd(packed, weights, factors, &l->c, 2, panels); break;
      case f4: k->pack_winograd(packed, weights, factors, &l->c, 4, panels); break;
      case convolution: case dense:
        k->pack_convolution(packed, weights, factors, &l->c, panels);
        break;
    }
    size_t floats = packed_count(l, k->widest_panel);
    t.seconds[l->kind] += now() - start, t.bytes[l->kind] += 4.0 * (double)floats;
    const ck_windows *w = &l->c.windows;
    weights += l->c.input_channels * l->c.output_channels *
        (size_t)(w->kernel_height * w->kernel_width);
    packed += (floats + 15) / 16 * 16;
  }
  return t;
}

static void report(const char *name, const times *rounds, size_t count) {
  double total = 0, bytes = 0;
  printf("%s\n", name);
  for (int kind = 0; kind < 5; kind++) {
    double best = 1e9;
    for (size_t i = 0; i < count; i++) {
      if (rounds[i].seconds[kind] < best) best = rounds[i].seconds[kind];
    }
    if (rounds[0].bytes[kind] == 0) continue;
    printf(
        "  %-10s %7.2f ms  %6.1f MB  %5.2f GB/s\n", kind_names[kind], best * 1e3,
        rounds[0].bytes[kind] * 1e-6, rounds[0].bytes[kind] / best * 1e-9);
    total += best, bytes += rounds[0].bytes[kind];
  }
  printf("  %-10s %7.2f ms  %6.1f MB  %5.2f GB/s\n", "all", total * 1e3, bytes * 1e-6,
         bytes / total * 1e-9);
}

int main(int argc, char **argv) {
  int is_scalar = argc > 1 && strcmp(argv[1], "scalar") == 0;
  const ck_kernels *k = ck_kernels_for_level(is_scalar ? ck_level_scalar : ck_best_level());
  enum { most_weights = 26 << 20, most_packed = 56 << 20, rounds = 7 };
  uint64_t seed = 1;
  float *weights = (float *)mapped(most_weights * 4 + 64, MADV_NOHUGEPAGE) + 1;
  float *other = mapped(48 << 20, MADV_NOHUGEPAGE);
  for (size_t i = 0; i < most_weights; i++) weights[i] = uniform(&seed);
  double factors[2048];
  for (size_t i = 0; i < 2048; i++) factors[i] = 1 + uniform(&seed);
  for (int is_direct = 0; is_direct < 2; is_direct++) {
    layer layers[64];
    size_t count = resnet50(layers, is_direct);
    for (int is_scaled = 0; is_scaled < 2; is_scaled++) {
      times fresh[rounds], again[rounds];
      double cleared = 1e9;
      for (int i = 0; i < rounds; i++) {
        float *packed = mapped((size_t)most_packed * 4, MADV_HUGEPAGE);
        memset(other, i, 48 << 20);
        fresh[i] = pack(k, packed, weights, is_scaled ? factors : NULL, layers, count);
        memset(other, i, 48 << 20);
        again[i] = pack(k, packed, weights, is_scaled ? factors : NULL, layers, count);
        munmap(packed, (size_t)most_packed * 4);
        packed = mapped((size_t)most_packed * 4, MADV_HUGEPAGE);
        double start = now();
        memcpy(packed, weights, (size_t)most_weights * 4);
        if (now() - start < cleared) cleared = now() - start;
        munmap(packed, (size_t)most_packed * 4);
      }
      printf("%s, %s: a copy into fresh pages %.2f GB/s\n", is_direct ? "all direct" : "Winograd",
             is_scaled ? "with factors" : "no factors", most_weights * 4e-9 / cleared);
      report(" fresh", fresh, rounds), report(" again", again, rounds);
    }
  }
}
