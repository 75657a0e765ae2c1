// Levels, claims about them, and random shapes: shared by the files of tests.
#ifndef CASES_H
#define CASES_H

#include "ck_test_kernels.h"
#include "support.h"

extern _Thread_local ck_test_result ck_test_tally;
extern const ck_kernels wide_kernels;

void ck_test_packing(uint64_t *seed);
void ck_test_channels(uint64_t *seed);

typedef enum { scalar, avx2, avx512, wide, level_count } level;
static const char *const level_names[] = {"scalar", "avx2", "avx512", "avx512's tiles on avx2"};

/// NULL where this processor does not run them; the scalar twins come first.
static inline const ck_kernels *kernels_of(level l) {
  if (l == wide) return ck_best_level() >= ck_level_avx2 ? &wide_kernels : NULL;
  return ck_kernels_for_level((ck_level)l);
}

static inline void check(int holds, level l, const char *claim, const char *shape) {
  ck_test_tally.checks++;
  if (holds) return;
  ck_test_tally.failures++;
  fprintf(stderr, "FAILED %s: %s: %s\n", level_names[l], claim, shape);
}

static inline size_t below(uint64_t *seed, size_t count) { return (size_t)(next_random(seed) % count); }

static inline int same_bits(const float *a, const float *b, size_t count) {
  return memcmp(a, b, count * sizeof *a) == 0;
}

static inline ck_activation random_activation(uint64_t *seed) {
  static const ck_activation choices[] = {{1, INFINITY}, {0, INFINITY}, {0, 6}, {0.1f, INFINITY}};
  return choices[below(seed, 4)];
}

static inline ck_convolution random_convolution(uint64_t *seed) {
  static const size_t group_counts[] = {1, 1, 1, 2, 3, 4};
  static const ptrdiff_t kernels[] = {1, 1, 3, 3, 2, 5};
  size_t groups = group_counts[below(seed, 6)];
  int is_regular = below(seed, 2) == 0;
  size_t unit = is_regular ? 16 : 1, most = is_regular ? 4 : 40;
  ck_convolution c = {groups * unit * (1 + below(seed, most)),
                      groups * unit * (1 + below(seed, below(seed, 4) ? most : 180 / unit)), groups, {0}};
  ck_windows *w = &c.windows;
  do {
    w->height = 1 + (ptrdiff_t)below(seed, 17), w->width = 1 + (ptrdiff_t)below(seed, 34);
    w->kernel_height = kernels[below(seed, 6)];
    w->kernel_width = below(seed, 4) ? w->kernel_height : kernels[below(seed, 6)];
    w->stride_height = 1 + (ptrdiff_t)below(seed, 2), w->stride_width = w->stride_height;
    if (below(seed, 5) == 0) w->stride_width = 1 + (ptrdiff_t)below(seed, 4);
    w->dilation_height = below(seed, 4) ? 1 : 2, w->dilation_width = below(seed, 4) ? 1 : 3;
    w->pad_top = (ptrdiff_t)below(seed, 3), w->pad_left = (ptrdiff_t)below(seed, 3);
    w->pad_bottom = (ptrdiff_t)below(seed, 3), w->pad_right = (ptrdiff_t)below(seed, 3);
    w->output_height = window_count(
        w->height, w->kernel_height, w->stride_height, w->dilation_height,
        w->pad_top + w->pad_bottom);
    w->output_width = window_count(
        w->width, w->kernel_width, w->stride_width, w->dilation_width, w->pad_left + w->pad_right);
  } while (w->output_height < 1 || w->output_width < 1);
  return c;
}

/// The next of random spans that make up 0 ..< end; starts at {0}.
static inline int next_span(ck_span *span, size_t end, uint64_t *seed) {
  if (span->end == end) return 0;
  span->first = span->end;
  span->end += 1 + below(seed, end - span->end);
  return 1;
}

/// The next of random parts that make up a whole; starts at {0}.
static inline int next_part(ck_part *part, ck_part all, uint64_t *seed) {
  int is_first = part->images.end == 0;
  if (!is_first && next_span(&part->panels, all.panels.end, seed)) return 1;
  part->panels = (ck_span){0};
  next_span(&part->panels, all.panels.end, seed);
  if (!is_first && next_span(&part->rows, all.rows.end, seed)) return 1;
  part->rows = (ck_span){0};
  next_span(&part->rows, all.rows.end, seed);
  return next_span(&part->images, all.images.end, seed);
}

static inline const char *described(const ck_convolution *c) {
  static _Thread_local char text[200];
  const ck_windows *w = &c->windows;
  snprintf(
      text, sizeof text, "%zu->%zu/%zu %zdx%zd k%zdx%zd s%zdx%zd d%zdx%zd p%zd,%zd -> %zdx%zd",
      c->input_channels, c->output_channels, c->groups, w->height, w->width, w->kernel_height,
      w->kernel_width, w->stride_height, w->stride_width, w->dilation_height, w->dilation_width,
      w->pad_top, w->pad_left, w->output_height, w->output_width);
  return text;
}

#endif
