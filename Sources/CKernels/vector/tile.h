// The register tile that all products of matrices go through: convolutions, Winograd, dense layers.
//
//     y[p][o] = act(start[o] + Σ x[p][k] · w[k][o] + residual[p][o])
//
//             o: one panel, 2 vectors          AVX2      6 × 16    12 accumulators of 16 registers
//           ┌─────────┬─────────┐              AVX-512  14 × 32    28 accumulators of 32 registers
//      p    │ c[p][0] │ c[p][1] │              the others: 2 weights, 1 or 2 broadcasts
//   pixels  │   ...   │   ...   │
//           └─────────┴─────────┘
//
// k runs over blocks, tap rows, tap columns and a contiguous run of x, in this order, whatever the
// size of the tile: an output has the same bits in every tile. x is broadcast by loads of its own,
// since FMAs with an embedded broadcast are slower on some processors.
//
// A row of n pixels is split evenly, 15 = 8 + 7: a tile of one pixel would wait for its own sums.
// Origin: the layouts of oneDNN and the tiles of XNNPACK.
#ifndef CK_TILE_H
#define CK_TILE_H

#include <stdbool.h>

#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

enum { tile_pixels = CK_VECTOR_BYTES == 64 ? 14 : 6, tile_vectors = 2 };
enum { widest_panel = tile_vectors * lanes };

typedef struct {
  const float *x;       // the first pixel's first tap
  size_t pixel_stride;  // all strides in floats
  size_t blocks, block_stride, tap_rows, row_stride, tap_columns, column_stride;
  size_t run;  // consecutive floats of x: the lanes of a block

  const float *w;             // [block][tap row][tap column][run][panel]
  const char *prefetch;       // what the next panel needs
  size_t prefetch_step;       // bytes for each k, while there are
  size_t prefetch_tiles;      // tiles that prefetch
  const float *start;         // the sums' first summand; NULL to go on from y
  float *y;
  const float *residual;      // strides of y; NULL for none
  size_t y_pixel_stride, y_block_stride;
  bool is_last;               // residual and activation follow
  finish how;
  ck_activation activation;
} tile;

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

static inline floats fused(floats a, floats b, floats c) {
  return __builtin_elementwise_fma(a, b, c);
}

static inline size_t vector_offset(size_t v, size_t block_stride) {
  return v * lanes / 16 * block_stride + v * lanes % 16;
}

/// The products of one tap or lane.
INLINE void multiply_one(
    floats c[tile_pixels][tile_vectors], const float *column, const float *w, size_t pixel_stride,
    size_t pixels, size_t vectors) {
  floats weights[tile_vectors];
  UNROLL for (size_t v = 0; v < vectors; v++) weights[v] = load(w + v * lanes);
  // Else neighbouring pixels share their broadcasts, and there are not registers enough for that.
  if (pixel_stride < 16) __asm__("" : "+r"(column));
  UNROLL for (size_t p = 0; p < pixels; p++) {
    floats broadcast = all(column[p * pixel_stride]);
    UNROLL for (size_t v = 0; v < vectors; v++) c[p][v] = fused(broadcast, weights[v], c[p][v]);
  }
}

INLINE void multiply_run(
    floats c[tile_pixels][tile_vectors], const float *x, const float *w, const char *prefetch,
    size_t prefetch_step, size_t pixel_stride, size_t run, size_t pixels, size_t vectors,
    bool is_unrolled) {
  if (!is_unrolled) {
    _Pragma("clang loop unroll(disable)") for (size_t k = 0; k < run; k++) {
      __builtin_prefetch(prefetch, 0, 2);
      prefetch += prefetch_step;
      multiply_one(c, x + k, w, pixel_stride, pixels, vectors);
      w += vectors * lanes;
    }
    return;
  }
  _Pragma("clang loop unroll_count(4)") for (size_t k = 0; k < run; k++) {
    __builtin_prefetch(prefetch, 0, 2);
    prefetch += prefetch_step;
    multiply_one(c, x + k, w, pixel_stride, pixels, vectors);
    w += vectors * lanes;
  }
}

static inline __attribute__((always_inline)) void compute_tile(
    const tile *restrict t, size_t pixel_stride, size_t run, size_t pixels, size_t vectors,
    bool is_unrolled) {
  floats c[tile_pixels][tile_vectors];
  UNROLL for (size_t p = 0; p < pixels; p++) {
    UNROLL for (size_t v = 0; v < vectors; v++) {
      c[p][v] = t->start
          ? load(t->start + v * lanes)
          : load(t->y + p * t->y_pixel_stride + vector_offset(v, t->y_block_stride));
    }
  }
  const float *w = t->w;
  const char *prefetch = t->prefetch;
  for (size_t b = 0; b < t->blocks; b++) {
    for (size_t i = 0; i < t->tap_rows; i++) {
      const float *x = t->x + b * t->block_stride + i * t->row_stride;
      for (size_t j = 0; j < t->tap_columns; j++, x += t->column_stride) {
        multiply_run(
            c, x, w, prefetch, t->prefetch_step, pixel_stride, run, pixels, vectors, is_unrolled);
        w += run * vectors * lanes;
        prefetch += run * t->prefetch_step;
      }
    }
  }
  UNROLL for (size_t p = 0; p < pixels; p++) {
    UNROLL for (size_t v = 0; v < vectors; v++) {
      size_t offset = p * t->y_pixel_stride + vector_offset(v, t->y_block_stride);
      floats sum = c[p][v];
      if (t->is_last) {
        if (t->residual) sum += load(t->residual + offset);
        sum = vector_finished(sum, t->how, t->activation);
      }
      store(t->y + offset, sum);
    }
  }
}

// The strides and runs that matter are constants: dense and sparse pixels of blocks (stride 1 and 2),
// the rows of 3 × 3 and 7 × 7 stems. Of any others, tiles have at most 6 pixels: their addresses need
// a register each. A run of 7 unrolled by 4 would leave in the middle and move all sums about.
#define TILE(pixels, vectors)                                                                     \
  static void dense_##pixels##x##vectors(const tile *restrict t) {                                \
    compute_tile(t, 16, 16, pixels, vectors, true);                                               \
  }                                                                                               \
  static void sparse_##pixels##x##vectors(const tile *restrict t) {                               \
    compute_tile(t, 32, 16, pixels, vectors, true);                                               \
  }                                                                                               \
  static void stem3_##pixels##x##vectors(const tile *restrict t) {                                \
    compute_tile(t, 1, 3, pixels, vectors, true);                                                 \
  }                                                                                               \
  static void stem7_##pixels##x##vectors(const tile *restrict t) {                                \
    compute_tile(t, 2, 7, pixels, vectors, false);                                                \
  }
#define FREE_TILE(pixels, vectors)                                   \
  static void free_##pixels##x##vectors(const tile *restrict t) {    \
    compute_tile(t, t->pixel_stride, t->run, pixels, vectors, true); \
  }
#define TILES_OF_6(DO, v) DO(1, v) DO(2, v) DO(3, v) DO(4, v) DO(5, v) DO(6, v)
#define TILES_OF_14(DO, v)                                                                  \
  TILES_OF_6(DO, v) DO(7, v) DO(8, v) DO(9, v) DO(10, v) DO(11, v) DO(12, v) DO(13, v) DO(14, v)
#if CK_VECTOR_BYTES == 64
#define TILES(DO, v) TILES_OF_14(DO, v)
TILES(TILE, 1)
TILES_OF_6(FREE_TILE, 1)
#else
#define TILES(DO, v) TILES_OF_6(DO, v)
#endif
TILES(TILE, 2)
TILES_OF_6(FREE_TILE, 2)

typedef void tile_function(const tile *restrict t);
enum { dense, sparse, stem3, stem7, any, free_pixels = 6 };

#define DENSE(pixels, vectors) dense_##pixels##x##vectors,
#define SPARSE(pixels, vectors) sparse_##pixels##x##vectors,
#define STEM3(pixels, vectors) stem3_##pixels##x##vectors,
#define STEM7(pixels, vectors) stem7_##pixels##x##vectors,
#define ANY(pixels, vectors) free_##pixels##x##vectors,
#define KINDS(v)                                                                    \
  {{TILES(DENSE, v)}, {TILES(SPARSE, v)}, {TILES(STEM3, v)}, {TILES(STEM7, v)}, \
   {TILES_OF_6(ANY, v)}}

/// [vectors − 1][kind][pixels − 1]
static tile_function *const tile_functions[tile_vectors][any + 1][tile_pixels] = {
#if CK_VECTOR_BYTES == 64
    KINDS(1),
#endif
    [tile_vectors - 1] = KINDS(2),
};

static inline int kind_of(const tile *t) {
  if (t->run == 16 && t->pixel_stride == 16) return dense;
  if (t->run == 16 && t->pixel_stride == 32) return sparse;
  if (t->run == 3 && t->pixel_stride == 1) return stem3;
  if (t->run == 7 && t->pixel_stride == 2) return stem7;
  return any;
}

/// Floats of the weights that one tile reads.
static inline size_t weight_count(const tile *t, size_t panel_width) {
  return t->blocks * t->tap_rows * t->tap_columns * t->run * panel_width;
}

/// Lets the next tiles fetch as many weights as they read, each its share.
static inline void prefetch_weights(tile *t, const float *next, size_t tiles, size_t panel_width) {
  t->prefetch = (const char *)next;
  t->prefetch_tiles = tiles < 4 ? tiles : 4;
  t->prefetch_step = panel_width * sizeof(float) / t->prefetch_tiles;
}

/// Tiles of a row of pixels.
static inline size_t tile_count(size_t pixels) { return (pixels + tile_pixels - 1) / tile_pixels; }

/// Computes a row of pixels with tiles of nearly one size; `t` keeps what it says of prefetching.
static void compute_row(
    tile *t, const float *x, float *y, const float *residual, size_t pixels, size_t panel_width) {
  int kind = kind_of(t);
  size_t most = kind == any ? free_pixels : tile_pixels, count = (pixels + most - 1) / most;
  size_t size = pixels / count, larger_tiles = pixels % count;
  tile_function *const *functions = tile_functions[panel_width / lanes - 1][kind];
  for (size_t i = 0; i < count; i++) {
    size_t n = size + (i < larger_tiles);
    t->x = x, t->y = y, t->residual = residual;
    functions[n - 1](t);
    x += n * t->pixel_stride, y += n * t->y_pixel_stride;
    if (residual) residual += n * t->y_pixel_stride;
    if (t->prefetch_tiles == 0) continue;
    t->prefetch += weight_count(t, 1) * t->prefetch_step;
    if (--t->prefetch_tiles == 0) t->prefetch = (const char *)t->w, t->prefetch_step = 0;
  }
}

#endif
