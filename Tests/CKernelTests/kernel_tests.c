// Every kernel of every level that this processor runs, over odd shapes, against its scalar twin.
//
// `swift test` runs it. Alone, with sanitizers:
//     S=Sources/CKernels T=Tests/CKernelTests; clang -std=gnu11 -O1 -g -DCK_TESTS_ALONE -I$S/include \
//       -I$T/include -fsanitize=address,undefined $T/*.c $S/*.c $S/*/*.c -fuse-ld=lld -lm -lpthread \
//       -ldl -o kernel_tests && ./kernel_tests [seed] [cases]
#include "cases.h"

_Thread_local ck_test_result ck_test_tally;

typedef void convolver(
    float *, const float *, const float *, const ck_convolution *, const ck_epilogue *, ck_part,
    float *);

/// Σ w·x + b and Σ |w||x| + |b| of one output in double.
static double exact_output(
    const ck_convolution *c, const float *image, const float *weights, size_t o, ptrdiff_t row,
    ptrdiff_t column, double *magnitude) {
  const ck_windows *w = &c->windows;
  size_t inputs = c->input_channels / c->groups, group = o / (c->output_channels / c->groups);
  double sum = 0;
  for (size_t k = 0; k < inputs; k++) {
    for (ptrdiff_t i = 0; i < w->kernel_height; i++) {
      for (ptrdiff_t j = 0; j < w->kernel_width; j++) {
        ptrdiff_t r = row * w->stride_height + i * w->dilation_height - w->pad_top;
        ptrdiff_t q = column * w->stride_width + j * w->dilation_width - w->pad_left;
        if (r < 0 || r >= w->height || q < 0 || q >= w->width) continue;
        size_t channel = group * inputs + k;
        double x = image[(channel / 16 * input_pixels(c) + (size_t)(r * w->width + q)) * 16 +
                         channel % 16];
        double tap = weights[((o * inputs + k) * (size_t)w->kernel_height + (size_t)i) *
                                 (size_t)w->kernel_width + (size_t)j];
        sum += x * tap, *magnitude += fabs(x * tap);
      }
    }
  }
  return sum;
}

static double activated(double x, ck_activation a) {
  if (x < 0) x *= a.negative_slope;
  return x > a.maximum ? a.maximum : x;
}

/// Whether outputs are within scale · magnitude + tile_scale · Σ|w| of the formula, and lanes
/// without channel 0.
static int is_close(
    const ck_convolution *c, const ck_epilogue *e, const float *x, const float *weights,
    const float *y, size_t images, double scale, double tile_scale) {
  size_t count = c->input_channels / c->groups *
      (size_t)(c->windows.kernel_height * c->windows.kernel_width);
  size_t blocks = ck_blocks(c->output_channels), pixels = output_pixels(c);
  size_t x_image = ck_blocks(c->input_channels) * 16 * input_pixels(c);
  for (size_t n = 0; n < images; n++) {
    for (size_t o = 0; o < blocks * 16; o++) {
      for (size_t p = 0; p < pixels; p++) {
        size_t i = ((n * blocks + o / 16) * pixels + p) * 16 + o % 16;
        if (o >= c->output_channels && y[i] != 0) return 0;
        if (o >= c->output_channels) continue;
        double magnitude = e->bias ? fabs(e->bias[o]) : 0, weight_sum = 0;
        for (size_t k = 0; k < count; k++) weight_sum += fabs(weights[o * count + k]);
        double sum = exact_output(
            c, x + n * x_image, weights, o, (ptrdiff_t)p / c->windows.output_width,
            (ptrdiff_t)p % c->windows.output_width, &magnitude);
        if (e->bias) sum += e->bias[o];
        if (e->residual) sum += e->residual[i], magnitude += fabs(e->residual[i]);
        double error = fabs(activated(sum, e->activation) - y[i]);
        if (error > scale * magnitude + tile_scale * weight_sum) return 0;
      }
    }
  }
  return 1;
}

/// Both direct kernels, which differ in the layout of their input.
static void test_convolve(uint64_t *seed, int is_planar) {
  ck_convolution c = random_convolution(seed);
  if (is_planar) c.input_channels = 1 + below(seed, 4), c.groups = 1;
  size_t images = 1 + below(seed, 3), pixels = output_pixels(&c);
  size_t outputs = images * ck_blocks(c.output_channels) * 16 * pixels;
  size_t taps = (size_t)(c.windows.kernel_height * c.windows.kernel_width);
  size_t inputs = c.input_channels / c.groups, count = c.output_channels * inputs * taps;
  float *blocks = random_blocks(images, c.input_channels, input_pixels(&c), seed), *x = blocks;
  if (is_planar) {
    x = allocated(images * c.input_channels * input_pixels(&c));
    for (size_t n = 0; n < images; n++) {
      kernels_of(scalar)->unblock_channels(
          x + n * c.input_channels * input_pixels(&c), blocks + n * 16 * input_pixels(&c),
          c.input_channels, input_pixels(&c));
    }
  }
  float *weights = random_floats(count, seed);
  float *bias = random_blocks(1, c.output_channels, 1, seed);
  float *residual = random_blocks(images, c.output_channels, pixels, seed);
  float *expected = allocated(outputs);
  ck_epilogue e = {below(seed, 3) ? bias : NULL, below(seed, 2) ? residual : NULL,
                   random_activation(seed)};
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    size_t packed_count =
        is_planar ? ck_packed_planar_count(&c) : ck_packed_count(&c, k->widest_panel);
    size_t scratch_count =
        is_planar ? ck_planar_scratch(&c) : ck_convolution_scratch(&c, k->widest_panel);
    float *packed = allocated(packed_count), *scratch = allocated(scratch_count);
    float *y = l == scalar ? expected : allocated(outputs);
    ck_part all = whole(&c, images, k->widest_panel), part = {0};
    (is_planar ? k->pack_planar : k->pack_convolution)(packed, weights, NULL, &c, all.panels);
    convolver *convolve = is_planar ? k->convolve_planar : k->convolve;
    convolve(y, x, packed, &c, &e, all, scratch);
    check(canaries_live(packed, packed_count), l, "packs in its place", described(&c));
    check(canaries_live(y, outputs) && canaries_live(scratch, scratch_count), l,
          "convolves in its place", described(&c));
    check(same_bits(y, expected, outputs), l, "has the twin's bits", described(&c));
    double bound = (2 * sqrt((double)(inputs * taps + 2)) + 3) * 0x1p-24;
    if (l == scalar) {
      check(is_close(&c, &e, blocks, weights, y, images, bound, 0), l, "is exact", described(&c));
    }
    memset(y, 0xff, outputs * sizeof *y);
    while (next_part(&part, all, seed)) convolve(y, x, packed, &c, &e, part, scratch);
    check(canaries_live(y, outputs) && canaries_live(scratch, scratch_count), l,
          "computes a part in its place", described(&c));
    if (l > scalar) {
      check(same_bits(y, expected, outputs), l, "has the same bits in parts", described(&c));
      released(y);
    }
    released(packed), released(scratch);
  }
  if (is_planar) released(x);
  released(blocks), released(weights), released(bias), released(residual), released(expected);
}

/// The three steps over one batch of tiles, each shared by threads that take some blocks or panels.
static void winograd_in_parts(
    const ck_kernels *k, float *y, const float *x, const float *u, const ck_convolution *c,
    const ck_epilogue *e, ck_winograd tiling, uint64_t *seed) {
  size_t count = tiling.tiles.end - tiling.tiles.first;
  float *v = allocated(ck_winograd_input_count(c, tiling.m, count));
  float *m = allocated(ck_winograd_output_count(c, tiling.m, count));
  ck_span inputs = {0}, panels = {0}, outputs = {0};
  while (next_span(&inputs, ck_blocks(c->input_channels), seed)) {
    k->winograd_input(v, x, c, tiling, inputs);
  }
  while (next_span(&panels, ck_panels(c, k->widest_panel), seed)) {
    k->winograd_multiply(m, v, u, c, tiling, panels);
  }
  while (next_span(&outputs, ck_blocks(c->output_channels), seed)) {
    k->winograd_output(y, m, c, e, tiling, outputs);
  }
  released(v), released(m);
}

/// Winograd against the formula, its bound that of the issue: tiles where it should be windows.
static void test_winograd(uint64_t *seed) {
  size_t m = below(seed, 2) ? 2 : 4, images = 1 + below(seed, 2);
  ck_convolution c = square(1 + below(seed, 70), 1 + below(seed, 70), 3, 3, 1, 1);
  ck_windows *w = &c.windows;
  w->height = 1 + (ptrdiff_t)below(seed, 15), w->width = 1 + (ptrdiff_t)below(seed, 15);
  w->pad_top = (ptrdiff_t)below(seed, 3), w->pad_left = (ptrdiff_t)below(seed, 3);
  w->output_height = w->height + w->pad_top - 1 + (ptrdiff_t)below(seed, 2);
  w->output_width = w->width + w->pad_left - 1 + (ptrdiff_t)below(seed, 2);
  if (w->output_height < 1 || w->output_width < 1) return;
  size_t outputs = images * ck_blocks(c.output_channels) * 16 * output_pixels(&c);
  size_t tiles = images * ck_winograd_tiles(&c, m), u_count = ck_packed_winograd_count(&c, m);
  float *x = random_blocks(images, c.input_channels, input_pixels(&c), seed);
  float *weights = random_floats(c.output_channels * c.input_channels * 9, seed);
  float *bias = random_blocks(1, c.output_channels, 1, seed);
  float *residual = random_blocks(images, c.output_channels, output_pixels(&c), seed);
  float *first = allocated(outputs), *u = allocated(u_count), *y = allocated(outputs);
  ck_epilogue e = {below(seed, 3) ? bias : NULL, below(seed, 2) ? residual : NULL,
                   random_activation(seed)};
  // Inputs are below 1: T is at most Σ|w|.
  double scale = (m == 2 ? 1 : 8) * (2 * sqrt((double)c.input_channels) + 3) * 0x1p-24;
  int has_first = 0;
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    size_t scratch_count = ck_winograd_scratch(&c, m, tiles);
    float *scratch = allocated(scratch_count);
    k->pack_winograd(u, weights, NULL, &c, m, (ck_span){0, ck_panels(&c, k->widest_panel)});
    memset(y, 0xff, outputs * sizeof *y);
    for (size_t t = 0; t < tiles;) {
      size_t end = t + 1 + below(seed, tiles - t);
      ck_winograd_convolve(k, y, x, u, &c, &e, (ck_winograd){m, {t, end}}, scratch);
      t = end;
    }
    check(canaries_live(y, outputs) && canaries_live(scratch, scratch_count) &&
          canaries_live(u, u_count), l, "Winograd stays in its place", described(&c));
    check(is_close(&c, &e, x, weights, y, images, 4 * 0x1p-24, scale), l, "Winograd is close", described(&c));
    float *in_parts = allocated(outputs);
    ck_span part = {0};
    while (next_span(&part, tiles, seed)) {
      winograd_in_parts(k, in_parts, x, u, &c, &e, (ck_winograd){m, part}, seed);
    }
    check(canaries_live(in_parts, outputs), l, "Winograd stays in its parts", described(&c));
    check(same_bits(in_parts, y, outputs), l, "Winograd in parts", described(&c));
    released(in_parts);
    if (l == scalar) { released(scratch); continue; }
    if (has_first) check(same_bits(y, first, outputs), l, "Winograd's bits", described(&c));
    memcpy(first, y, outputs * sizeof *y), has_first = 1;
    released(scratch);
  }
  released(x), released(weights), released(bias), released(residual);
  released(first), released(u), released(y);
}

static void test_depthwise(uint64_t *seed) {
  ck_convolution c = random_convolution(seed);
  c.input_channels = c.output_channels = c.groups = 1 + below(seed, 40);
  size_t images = 1 + below(seed, 2), outputs = images * ck_blocks(c.groups) * 16 * output_pixels(&c);
  size_t taps = (size_t)(c.windows.kernel_height * c.windows.kernel_width);
  float *x = random_blocks(images, c.groups, input_pixels(&c), seed);
  float *weights = random_floats(c.groups * taps, seed);
  float *bias = random_blocks(1, c.groups, 1, seed);
  float *residual = random_blocks(images, c.groups, output_pixels(&c), seed);
  float *packed = allocated(ck_blocks(c.groups) * 16 * taps);
  float *expected = allocated(outputs), *y = allocated(outputs);
  ck_epilogue e = {below(seed, 3) ? bias : NULL, below(seed, 2) ? residual : NULL,
                   random_activation(seed)};
  ck_part all = {{0, images}, {0, (size_t)c.windows.output_height}, {0, ck_blocks(c.groups)}};
  kernels_of(scalar)->pack_depthwise(packed, weights, NULL, &c, (ck_span){0, ck_blocks(c.groups)});
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    k->convolve_depthwise(y, x, packed, &c, &e, all, NULL);
    if (l == scalar) memcpy(expected, y, outputs * sizeof *y);
    check(canaries_live(y, outputs), l, "depthwise stays in its place", described(&c));
    check(same_bits(y, expected, outputs), l, "depthwise has the twin's bits", described(&c));
    double bound = (2 * sqrt((double)(taps + 2)) + 3) * 0x1p-24;
    check(is_close(&c, &e, x, weights, y, images, bound, 0), l, "depthwise", described(&c));
    ck_part part = {0};
    memset(y, 0xff, outputs * sizeof *y);
    while (next_part(&part, all, seed)) {
      k->convolve_depthwise(y, x, packed, &c, &e, part, NULL);
    }
    check(canaries_live(y, outputs), l, "depthwise stays in its parts", described(&c));
    check(same_bits(y, expected, outputs), l, "depthwise in parts", described(&c));
  }
  released(x), released(weights), released(bias), released(residual);
  released(packed), released(expected), released(y);
}

static void test_pool(uint64_t *seed) {
  ck_convolution c = random_convolution(seed);
  ck_windows *w = &c.windows;
  w->dilation_height = w->dilation_width = 1;
  w->output_height = window_count(
      w->height, w->kernel_height, w->stride_height, 1, w->pad_top + w->pad_bottom);
  w->output_width = window_count(
      w->width, w->kernel_width, w->stride_width, 1, w->pad_left + w->pad_right);
  if (w->output_height < 1 || w->output_width < 1) return;
  ck_pooling pooling = (ck_pooling)below(seed, 3);
  size_t images = 1 + below(seed, 2), channels = 1 + below(seed, 40), blocks = ck_blocks(channels);
  size_t outputs = images * blocks * 16 * output_pixels(&c);
  float *x = random_blocks(images, channels, input_pixels(&c), seed);
  if (below(seed, 3) == 0) x[below(seed, input_pixels(&c)) * 16] = NAN;
  float *expected = allocated(outputs), *y = allocated(outputs);
  ck_part all = {{0, images}, {0, (size_t)w->output_height}, {0, blocks}};
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    k->pool(y, x, channels, w, pooling, all);
    if (l == scalar) memcpy(expected, y, outputs * sizeof *y);
    check(canaries_live(y, outputs), l, "pools in its place", described(&c));
    check(same_bits(y, expected, outputs), l, "pooling has the twin's bits", described(&c));
    ck_part part = {0};
    memset(y, 0xff, outputs * sizeof *y);
    while (next_part(&part, all, seed)) k->pool(y, x, channels, w, pooling, part);
    check(canaries_live(y, outputs), l, "pools in its parts", described(&c));
    check(same_bits(y, expected, outputs), l, "pools in parts", described(&c));
  }
  released(x), released(expected), released(y);
}

static void test_planes(uint64_t *seed) {
  size_t planes = 1 + below(seed, 5), pixels = 1 + below(seed, 60), count = planes * pixels * 16;
  float *x = random_floats(count, seed), *y = allocated(count), *expected = allocated(count);
  float *scale = random_floats(planes * 16, seed), *shift = random_floats(planes * 16, seed);
  float *mean = allocated(planes * 16), *expected_mean = allocated(planes * 16);
  ck_activation a = random_activation(seed);
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    k->average_planes(mean, x, planes, pixels);
    k->scale_planes(y, x, scale, shift, planes, pixels, a);
    if (l == scalar) memcpy(expected, y, count * sizeof *y);
    if (l == scalar) memcpy(expected_mean, mean, planes * 16 * sizeof *y);
    check(canaries_live(mean, planes * 16) && canaries_live(y, count), l, "planes stay", "");
    check(same_bits(y, expected, count), l, "scaling has the twin's bits", "");
    check(same_bits(mean, expected_mean, planes * 16), l, "means have the twin's bits", "");
  }
  released(x), released(y), released(expected), released(scale), released(shift);
  released(mean), released(expected_mean);
}

static void test_dense(uint64_t *seed) {
  size_t inputs = 1 + below(seed, 1000), outputs = 1 + below(seed, 300);
  size_t images = below(seed, 2) ? 1 : 1 + below(seed, 17);
  size_t count = images * ck_blocks(outputs) * 16;
  ck_convolution c = ck_dense(inputs, outputs);
  float *x = random_blocks(images, inputs, 1, seed);
  float *residual = random_blocks(images, outputs, 1, seed);
  float *weights = random_floats(inputs * outputs, seed);
  float *bias = random_blocks(1, outputs, 1, seed);
  float *y = allocated(count), *expected = allocated(count);
  ck_epilogue e = {below(seed, 3) ? bias : NULL, below(seed, 2) ? residual : NULL,
                   random_activation(seed)};
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    size_t panels = ck_panels(&c, k->widest_panel), middle = below(seed, panels + 1);
    ck_span all = {0, images};
    float *packed = allocated(ck_packed_count(&c, k->widest_panel));
    k->pack_convolution(packed, weights, NULL, &c, (ck_span){0, panels});
    k->multiply_dense(y, x, packed, inputs, outputs, &e, all, (ck_span){0, middle});
    k->multiply_dense(y, x, packed, inputs, outputs, &e, all, (ck_span){middle, panels});
    if (l == scalar) memcpy(expected, y, count * sizeof *y);
    check(canaries_live(y, count), l, "dense stays in its place", described(&c));
    check(same_bits(y, expected, count), l, "dense has the twin's bits", described(&c));
    double bound = (2 * sqrt((double)(inputs + 2)) + 3) * 0x1p-24;
    check(is_close(&c, &e, x, weights, y, images, bound, 0), l, "dense is exact", described(&c));
    released(packed);
  }
  released(x), released(residual), released(weights), released(bias), released(y);
  released(expected);
}

ck_test_result ck_test_kernels(uint64_t seed, int cases) {
  ck_test_tally = (ck_test_result){0};
  for (int i = 0; i < cases; i++) {
    test_convolve(&seed, 0), test_convolve(&seed, 1), test_winograd(&seed), test_depthwise(&seed);
    test_pool(&seed), test_planes(&seed), test_dense(&seed);
    ck_test_packing(&seed), ck_test_channels(&seed);
  }
  return ck_test_tally;
}

#ifdef CK_TESTS_ALONE
int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  ck_test_result result = ck_test_kernels(seed, argc > 2 ? atoi(argv[2]) : 60);
  printf("%d checks, %d failures\n", result.checks, result.failures);
  return result.failures > 0;
}
#endif
