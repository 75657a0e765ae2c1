// Channels into blocks, back, and from block to block.
#include "elements.h"
#include "scalar.h"

void ck_scalar_block_channels(float *y, const float *x, size_t channels, size_t pixels) {
  for (size_t channel = 0; channel < ck_blocks(channels) * CK_BLOCK; channel++) {
    for (size_t p = 0; p < pixels; p++) {
      y[blocked(channel, p, pixels)] = channel < channels ? x[channel * pixels + p] : 0;
    }
  }
}

void ck_scalar_unblock_channels(float *y, const float *x, size_t channels, size_t pixels) {
  for (size_t channel = 0; channel < channels; channel++) {
    for (size_t p = 0; p < pixels; p++) y[channel * pixels + p] = x[blocked(channel, p, pixels)];
  }
}

void ck_scalar_copy_channels(
    float *y, const float *x, size_t first_y, size_t first_x, size_t channels, size_t pixels) {
  for (size_t channel = 0; channel < channels; channel++) {
    for (size_t p = 0; p < pixels; p++) {
      y[blocked(first_y + channel, p, pixels)] = x[blocked(first_x + channel, p, pixels)];
    }
  }
}
