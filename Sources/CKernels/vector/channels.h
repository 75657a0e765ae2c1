// Channels into blocks, back, and from block to block.
#ifndef CK_CHANNELS_H
#define CK_CHANNELS_H

#include "transpose.h"

static void block_channels(float *y, const float *x, size_t channels, size_t pixels) {
  if (pixels == 1) {
    memcpy(y, x, channels * sizeof *y);
    memset(y + channels, 0, (ck_blocks(channels) * 16 - channels) * sizeof *y);
    return;
  }
  for (size_t k = 0; k < channels; k += 16, y += pixels * 16) {
    strip s = strip_of(x, NULL, k, channels, pixels);
    transpose_strip(y, 16, 1, &s, pixels);
  }
}

static void unblock_channels(float *y, const float *x, size_t channels, size_t pixels) {
  if (pixels == 1) {
    memcpy(y, x, channels * sizeof *y);
    return;
  }
  for (size_t k = 0; k < channels; k += 16, x += pixels * 16, y += 16 * pixels) {
    size_t live = ck_smaller(channels - k, 16), p = 0;
    for (; p + 8 <= pixels; p += 8) {
      for (size_t lane = 0; lane < live; lane += 4) {
        eight rows[4];
        transpose_8x4(rows, x + p * 16 + lane, 16, NULL);
        UNROLL for (size_t i = 0; i < 4; i++) {
          if (lane + i < live) *(unaligned_eight *)(y + (lane + i) * pixels + p) = rows[i];
        }
      }
    }
    for (; p < pixels; p++) {
      for (size_t lane = 0; lane < live; lane++) y[lane * pixels + p] = x[p * 16 + lane];
    }
  }
}

/// Copies `count` lanes of each pixel by two moves of `part`, which overlap where 2 · part > count.
INLINE void copy_lanes(
    float *restrict y, const float *restrict x, size_t count, size_t pixels, size_t part) {
  for (size_t p = 0; p < pixels; p++, y += 16, x += 16) {
    memcpy(y, x, part * sizeof *y);
    memcpy(y + count - part, x + count - part, part * sizeof *y);
  }
}

static void copy_channels(
    float *y, const float *x, size_t first_y, size_t first_x, size_t channels, size_t pixels) {
  while (channels > 0) {
    size_t lane_y = first_y % 16, lane_x = first_x % 16;
    float *to = y + first_y / 16 * pixels * 16 + lane_y;
    const float *from = x + first_x / 16 * pixels * 16 + lane_x;
    size_t count = ck_smaller(channels, 16 - ck_larger(lane_y, lane_x));
    if (count == 16) {
      count = channels / 16 * 16;
      memcpy(to, from, count * pixels * sizeof *to);
    } else if (count >= 8) {
      copy_lanes(to, from, count, pixels, 8);
    } else if (count >= 4) {
      copy_lanes(to, from, count, pixels, 4);
    } else if (count >= 2) {
      copy_lanes(to, from, count, pixels, 2);
    } else {
      copy_lanes(to, from, count, pixels, 1);
    }
    first_y += count, first_x += count, channels -= count;
  }
}

#endif
