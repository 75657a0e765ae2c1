// Weights are packed, and channels moved, to the very bits of the scalar twins.
#include "cases.h"

typedef enum { direct, planar, depthwise, winograd2, winograd4, kind_count } kind;
static const char *const kind_claims[] = {
    "packs convolutions as its twin", "packs planes as its twin", "packs depthwise as its twin",
    "packs F(2x2) as its twin", "packs F(4x4) as its twin"};

static void pack(
    kind how, const ck_kernels *k, float *packed, const float *weights, const double *factors,
    const ck_convolution *c, ck_span panels) {
  switch (how) {
    case direct: return k->pack_convolution(packed, weights, factors, c, panels);
    case planar: return k->pack_planar(packed, weights, factors, c, panels);
    case depthwise: return k->pack_depthwise(packed, weights, factors, c, panels);
    case winograd2: return k->pack_winograd(packed, weights, factors, c, 2, panels);
    case winograd4: return k->pack_winograd(packed, weights, factors, c, 4, panels);
    case kind_count: return;
  }
}

static size_t packed_count(kind how, const ck_convolution *c, size_t widest) {
  switch (how) {
    case direct: return ck_packed_count(c, widest);
    case planar: return ck_packed_planar_count(c);
    case depthwise: return ck_packed_depthwise_count(c);
    case winograd2: return ck_packed_winograd_count(c, 2);
    case winograd4: return ck_packed_winograd_count(c, 4);
    case kind_count: return 0;
  }
  return 0;
}

static ck_convolution random_weights(kind how, uint64_t *seed) {
  ck_convolution c = random_convolution(seed);
  if (how == direct) return c;
  c.groups = 1;
  if (how == planar) c.input_channels = 1 + below(seed, 5);
  if (how == depthwise) c.input_channels = c.output_channels = c.groups = 1 + below(seed, 70);
  if (how >= winograd2) c.windows.kernel_height = c.windows.kernel_width = 3;
  return c;
}

/// Panels of 16 out of panels of `full`: `rows` of each, `runs` times.
static void narrow(
    float *to, const float *from, const ck_convolution *c, size_t full, size_t rows, size_t runs) {
  size_t outputs = ck_blocks(c->output_channels) * 16;
  for (size_t e = 0; e < runs; e++) {
    for (size_t o = 0; o < outputs; o++) {
      size_t panel = o / full * full, width = outputs - panel < full ? outputs - panel : full;
      for (size_t k = 0; k < rows; k++) {
        to[(e * outputs + o / 16 * 16) * rows + k * 16 + o % 16] =
            from[(e * outputs + panel) * rows + k * width + o - panel];
      }
    }
  }
}

/// Packs in parts, in any order, and compares what was packed.
static void test_kind(kind how, uint64_t *seed) {
  ck_convolution c = random_weights(how, seed);
  size_t taps = (size_t)(c.windows.kernel_height * c.windows.kernel_width);
  size_t weight_count = c.output_channels * (c.input_channels / c.groups) * taps;
  size_t outputs = ck_blocks(c.output_channels) * 16, runs = 1;
  if (how >= winograd2) runs = how == winograd2 ? 16 : 36;
  float *aligned = random_floats(weight_count + 3, seed), *weights = aligned + below(seed, 4);
  double *factors = malloc(c.output_channels * sizeof *factors);
  if (factors == NULL) abort();
  for (size_t o = 0; o < c.output_channels; o++) factors[o] = 3.0 * uniform(seed);
  const double *given = below(seed, 2) ? factors : NULL;
  weights[below(seed, weight_count)] = below(seed, 2) ? -0.0f : 0x1p-140f;

  float *expected = NULL;
  size_t expected_count = 0;
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    size_t full = ck_panel_channels(&c, k->widest_panel), panels = ck_panels(&c, k->widest_panel);
    if (how == depthwise) full = 16, panels = ck_blocks(c.output_channels);
    size_t count = packed_count(how, &c, k->widest_panel), middle = below(seed, panels + 1);
    float *packed = allocated(count);
    pack(how, k, packed, weights, given, &c, (ck_span){middle, panels});
    check(canaries_live(packed, count), l, "packs the end in its place", described(&c));
    pack(how, k, packed, weights, given, &c, (ck_span){0, middle});
    check(canaries_live(packed, count), l, "packs in its place", described(&c));
    if (l == scalar) {
      expected = packed, expected_count = count;
      continue;
    }
    float *narrowed = allocated(expected_count);
    narrow(narrowed, packed, &c, full, expected_count / runs / outputs, runs);
    check(same_bits(narrowed, expected, expected_count), l, kind_claims[how], described(&c));
    released(packed), released(narrowed);
  }
  released(aligned), released(expected);
  free(factors);
}

/// An exact weight times a factor is that product; a folded factor is no second rounding.
static void test_factors(uint64_t *seed) {
  ck_convolution c = square(1 + below(seed, 40), 1 + below(seed, 40), 1, 1, 1, 0);
  float *weights = random_floats(c.input_channels * c.output_channels, seed);
  double factors[40];
  for (size_t o = 0; o < 40; o++) factors[o] = 3.0 * uniform(seed);
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    float *packed = allocated(ck_packed_count(&c, k->widest_panel));
    k->pack_convolution(
        packed, weights, factors, &c, (ck_span){0, ck_panels(&c, k->widest_panel)});
    int holds = 1;
    for (size_t o = 0; o < c.output_channels; o++) {
      size_t panel = o / k->widest_panel * k->widest_panel, depth = ck_blocks(c.input_channels) * 16;
      size_t left = ck_blocks(c.output_channels) * 16 - panel;
      size_t width = left < k->widest_panel ? left : k->widest_panel;
      for (size_t i = 0; i < c.input_channels; i++) {
        float product = (float)((double)weights[o * c.input_channels + i] * factors[o]);
        holds &= packed[panel * depth + i * width + o - panel] == product;
      }
    }
    check(holds, l, "packs products rounded once", described(&c));
    released(packed);
  }
  released(weights);
}

void ck_test_packing(uint64_t *seed) {
  for (kind how = direct; how < kind_count; how++) test_kind(how, seed);
  test_factors(seed);
}

/// Any bits: signalling NaN, infinities and subnormals among them.
static float *random_bits(size_t count, uint64_t *seed) {
  float *x = allocated(count);
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)next_random(seed);
    if (below(seed, 4) == 0) bits |= 0x7f800000;
    memcpy(x + i, &bits, sizeof bits);
  }
  return x;
}

static void test_blocks(uint64_t *seed) {
  size_t channels = 1 + below(seed, 70), pixels = below(seed, 4) ? 1 + below(seed, 60) : 1;
  size_t count = channels * pixels, blocked = ck_blocks(channels) * 16 * pixels;
  float *planes = random_bits(count + 1, seed), *x = planes + below(seed, 2);
  float *y = allocated(blocked), *expected = allocated(blocked);
  char shape[80];
  snprintf(shape, sizeof shape, "%zu channels of %zu", channels, pixels);
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    float *back = allocated(count);
    k->block_channels(l == scalar ? expected : y, x, channels, pixels);
    k->unblock_channels(back, expected, channels, pixels);
    check(canaries_live(l == scalar ? expected : y, blocked) && canaries_live(back, count), l,
          "blocks in its place", shape);
    if (l > scalar) check(same_bits(y, expected, blocked), l, "blocks as its twin", shape);
    check(same_bits(back, x, count), l, "gets channels back", shape);
    released(back);
  }
  released(planes), released(y), released(expected);
}

static void test_copies(uint64_t *seed) {
  int is_regular = below(seed, 3) == 0;
  size_t unit = is_regular ? 16 : 1, pixels = 1 + below(seed, 20);
  size_t first_x = unit * below(seed, 48 / unit), first_y = unit * below(seed, 48 / unit);
  size_t channels = unit * (1 + below(seed, 64 / unit));
  size_t x_count = ck_blocks(first_x + channels) * 16 * pixels;
  size_t y_count = ck_blocks(first_y + channels + 5) * 16 * pixels;
  float *x = random_bits(x_count, seed), *before = random_bits(y_count, seed);
  float *y = allocated(y_count), *expected = allocated(y_count);
  char shape[80];
  snprintf(
      shape, sizeof shape, "%zu channels from %zu to %zu, %zu pixels", channels, first_x, first_y,
      pixels);
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    float *to = l == scalar ? expected : y;
    memcpy(to, before, y_count * sizeof *y);
    k->copy_channels(to, x, first_y, first_x, channels, pixels);
    check(canaries_live(to, y_count), l, "copies in its place", shape);
    if (l > scalar) check(same_bits(y, expected, y_count), l, "copies as its twin", shape);
  }
  int holds = 1;
  for (size_t channel = 0; channel < y_count / pixels; channel++) {
    int is_copied = channel >= first_y && channel < first_y + channels;
    size_t source = is_copied ? channel - first_y + first_x : channel;
    const float *from = is_copied ? x : before;
    for (size_t p = 0; p < pixels; p++) {
      holds &= same_bits(
          expected + (channel / 16 * pixels + p) * 16 + channel % 16,
          from + (source / 16 * pixels + p) * 16 + source % 16, 1);
    }
  }
  check(holds, scalar, "copies some channels and no others", shape);
  released(x), released(before), released(y), released(expected);
}

static void test_slopes(uint64_t *seed) {
  size_t planes = 1 + below(seed, 5), pixels = 1 + below(seed, 40), count = planes * pixels * 16;
  float *x = random_floats(count, seed), *slopes = random_floats(planes * 16, seed);
  float *expected = allocated(count), *y = allocated(count);
  x[below(seed, count)] = NAN, x[below(seed, count)] = -0.0f, x[below(seed, count)] = -INFINITY;
  for (level l = scalar; l < level_count; l++) {
    const ck_kernels *k = kernels_of(l);
    if (k == NULL) continue;
    k->rectify_planes(l == scalar ? expected : y, x, slopes, planes, pixels);
    check(canaries_live(l == scalar ? expected : y, count), l, "rectifies in its place", "");
    if (l == scalar) continue;
    check(same_bits(y, expected, count), l, "rectifies as its twin", "");
    memcpy(y, x, count * sizeof *y);
    k->rectify_planes(y, y, slopes, planes, pixels);
    check(same_bits(y, expected, count), l, "rectifies where it lies", "");
  }
  released(x), released(slopes), released(expected), released(y);
}

void ck_test_channels(uint64_t *seed) { test_blocks(seed), test_copies(seed), test_slopes(seed); }
