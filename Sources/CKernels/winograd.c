// Winograd's convolution put together.
#include "winograd.h"

// Both sides of the products of a batch of tiles stay in the caches; half to twice of this made no
// difference. 42 is a multiple of 6 and 14, the pixels of a register tile.
enum { batch_bytes = 1 << 20, batch_multiple = 42 };

size_t ck_winograd_tiles(const ck_convolution *c, size_t m) {
  return ck_divided_up((size_t)c->windows.output_width, m) *
      ck_divided_up((size_t)c->windows.output_height, m);
}

size_t ck_winograd_batch(const ck_convolution *c, size_t m) {
  size_t blocks = ck_blocks(c->input_channels) + ck_blocks(c->output_channels);
  size_t tile_bytes = (m + 2) * (m + 2) * blocks * CK_BLOCK * sizeof(float);
  size_t tiles = batch_bytes / tile_bytes;
  return ck_larger(tiles / batch_multiple, 1) * batch_multiple;
}

static size_t element_floats(size_t channels, size_t m, size_t tiles) {
  return (m + 2) * (m + 2) * ck_winograd_stride(ck_blocks(channels), tiles);
}

size_t ck_winograd_input_count(const ck_convolution *c, size_t m, size_t tiles) {
  return element_floats(c->input_channels, m, tiles);
}

size_t ck_winograd_output_count(const ck_convolution *c, size_t m, size_t tiles) {
  return element_floats(c->output_channels, m, tiles);
}

size_t ck_winograd_scratch(const ck_convolution *c, size_t m, size_t tiles) {
  size_t batch = ck_smaller(tiles, ck_winograd_batch(c, m));
  return ck_winograd_input_count(c, m, batch) + ck_winograd_output_count(c, m, batch);
}

void ck_winograd_convolve(
    const ck_kernels *kernels, float *y, const float *x, const float *u, const ck_convolution *c,
    const ck_epilogue *e, ck_winograd tiling, float *scratch) {
  size_t tiles = tiling.tiles.end - tiling.tiles.first, most = ck_winograd_batch(c, tiling.m);
  size_t batch = ck_divided_up(tiles, ck_divided_up(tiles, most));
  ck_span panels = {0, ck_panels(c, kernels->widest_panel)};
  float *v = scratch, *m = scratch + ck_winograd_input_count(c, tiling.m, batch);
  for (size_t t = tiling.tiles.first; t < tiling.tiles.end; t += batch) {
    ck_winograd part = {tiling.m, {t, ck_smaller(t + batch, tiling.tiles.end)}};
    kernels->winograd_input(v, x, c, part, (ck_span){0, ck_blocks(c->input_channels)});
    kernels->winograd_multiply(m, v, u, c, part, panels);
    kernels->winograd_output(y, m, c, e, part, (ck_span){0, ck_blocks(c->output_channels)});
  }
}

size_t ck_packed_winograd_count(const ck_convolution *c, size_t m) {
  return (m + 2) * (m + 2) * ck_blocks(c->input_channels) * CK_BLOCK *
      ck_blocks(c->output_channels) * CK_BLOCK;
}
