// Where the tiles of Winograd's convolution lie; `vector/winograd.h` explains the rest.
#ifndef CK_WINOGRAD_H
#define CK_WINOGRAD_H

#include "blocking.h"

/// Floats between two elements of a transformed tile.
static inline size_t ck_winograd_stride(size_t blocks, size_t tiles) {
  return (blocks * tiles + 1) * CK_BLOCK;
}

typedef struct {
  size_t image, row, column;  // of the first output
} ck_winograd_tile;

static inline ck_winograd_tile ck_winograd_tile_at(
    const ck_convolution *c, size_t m, size_t tile) {
  size_t across = ck_divided_up((size_t)c->windows.output_width, m);
  size_t down = ck_divided_up((size_t)c->windows.output_height, m);
  return (ck_winograd_tile){
      tile / across / down, tile / across % down * m, tile % across * m};
}

#endif
