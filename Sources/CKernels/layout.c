// Channels into blocks and back.
#include "ck_blocked.h"

void ck_block_channels(float *y, const float *x, size_t channels, size_t pixels) {
  for (size_t b = 0; b < ck_blocks(channels); b++, y += pixels * CK_BLOCK) {
    for (size_t lane = 0; lane < CK_BLOCK; lane++) {
      size_t channel = b * CK_BLOCK + lane;
      const float *from = x + channel * pixels;
      for (size_t p = 0; p < pixels; p++) y[p * CK_BLOCK + lane] = channel < channels ? from[p] : 0;
    }
  }
}

void ck_unblock_channels(float *y, const float *x, size_t channels, size_t pixels) {
  for (size_t channel = 0; channel < channels; channel++, y += pixels) {
    const float *from = x + channel / CK_BLOCK * pixels * CK_BLOCK + channel % CK_BLOCK;
    for (size_t p = 0; p < pixels; p++) y[p] = from[p * CK_BLOCK];
  }
}
