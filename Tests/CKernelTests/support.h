// Seeded numbers, aligned buffers between canaries, and shapes: shared by the tests and the bench.
#ifndef SUPPORT_H
#define SUPPORT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CKernels.h"

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline uint64_t next_random(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static inline float uniform(uint64_t *state) {  // -1 ..< 1
  return (float)((double)(next_random(state) >> 40) * 0x1p-23 - 1);
}

/// Memory between two cache lines of canaries.
static inline float *allocated(size_t count) {
  size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
  char *p = aligned_alloc(64, bytes + 128);
  if (p == NULL) abort();
  memset(p, 0xa5, bytes + 128);
  return (float *)(p + 64);
}

static inline int canaries_live(const float *x, size_t count) {
  size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
  const unsigned char *before = (const unsigned char *)x - 64;
  const unsigned char *after = (const unsigned char *)(x + count);
  for (size_t i = 0; i < 64; i++) if (before[i] != 0xa5) return 0;
  for (size_t i = 0; i < 64 + bytes - count * sizeof(float); i++) if (after[i] != 0xa5) return 0;
  return 1;
}

static inline void released(float *x) { free((char *)x - 64); }

static inline float *random_floats(size_t count, uint64_t *state) {
  float *x = allocated(count);
  for (size_t i = 0; i < count; i++) x[i] = uniform(state);
  return x;
}

/// Random images in blocks, zeros in the lanes past the last channel.
static inline float *random_blocks(size_t images, size_t channels, size_t pixels, uint64_t *state) {
  size_t blocks = ck_blocks(channels);
  float *x = allocated(images * blocks * pixels * CK_BLOCK);
  for (size_t n = 0, i = 0; n < images; n++) {
    for (size_t b = 0; b < blocks; b++) {
      for (size_t p = 0; p < pixels; p++) {
        for (size_t lane = 0; lane < CK_BLOCK; lane++, i++) {
          x[i] = b * CK_BLOCK + lane < channels ? uniform(state) : 0;
        }
      }
    }
  }
  return x;
}

static inline ptrdiff_t window_count(
    ptrdiff_t size, ptrdiff_t kernel, ptrdiff_t stride, ptrdiff_t dilation, ptrdiff_t pads) {
  return (size + pads - (kernel - 1) * dilation - 1) / stride + 1;
}

/// A square convolution with the same pad on all sides.
static inline ck_convolution square(
    size_t input, size_t output, ptrdiff_t size, ptrdiff_t kernel, ptrdiff_t stride, ptrdiff_t pad) {
  ptrdiff_t outputs = window_count(size, kernel, stride, 1, 2 * pad);
  return (ck_convolution){
      input, output, 1,
      {.height = size, .width = size, .output_height = outputs, .output_width = outputs,
       .kernel_height = kernel, .kernel_width = kernel, .stride_height = stride,
       .stride_width = stride, .dilation_height = 1, .dilation_width = 1, .pad_top = pad,
       .pad_left = pad, .pad_bottom = pad, .pad_right = pad}};
}

static inline size_t input_pixels(const ck_convolution *c) {
  return (size_t)(c->windows.height * c->windows.width);
}

static inline size_t output_pixels(const ck_convolution *c) {
  return (size_t)(c->windows.output_height * c->windows.output_width);
}

static inline double multiplications(const ck_convolution *c) {
  return (double)output_pixels(c) * (double)c->output_channels *
      (double)(c->input_channels / c->groups) *
      (double)(c->windows.kernel_height * c->windows.kernel_width);
}

static inline ck_part whole(const ck_convolution *c, size_t images, size_t widest_panel) {
  return (ck_part){{0, images}, {0, (size_t)c->windows.output_height},
                   {0, ck_panels(c, widest_panel)}};
}

#endif
