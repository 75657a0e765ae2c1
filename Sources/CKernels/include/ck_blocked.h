/// Activations in blocks of channels, and the shapes that kernels over them take.
///
/// Layout: an activation is [images][blocks][height][width][16] floats, channel c in lane c % 16 of
/// block c / 16. 16 floats are 64 bytes, one cache line, on every instruction set. Lanes past the
/// last channel hold 0, and every kernel leaves 0 there. A vector of features, height = width = 1,
/// is therefore plain [images][features rounded up to 16].
///
/// Alignment: activations, packed weights, bias and scratch start at multiples of 64 bytes. No
/// kernel reads or writes past the end of what its shape says. Outputs overlap no input, unless a
/// kernel says that they may.
#ifndef CK_BLOCKED_H
#define CK_BLOCKED_H

#include "ck_table.h"

/// Channels of a block.
#define CK_BLOCK 16

/// Blocks that hold some channels.
static inline size_t ck_blocks(size_t channels) { return (channels + CK_BLOCK - 1) / CK_BLOCK; }

/// Half-open range.
typedef struct {
  size_t first, end;
} ck_span;

/// A convolution of one image; `windows` tells the size of the planes.
///
/// Taps outside the plane multiply 0: only `pad_top` and `pad_left` place the windows, those at the
/// bottom and on the right follow from the size of the output.
typedef struct {
  size_t input_channels, output_channels, groups;
  ck_windows windows;
} ck_convolution;

/// What happens to a finished sum: y = act(sum + residual); the sum starts at the bias.
typedef struct {
  /// [output blocks · 16], 0 past the last channel; NULL for zeros.
  const float *bias;
  /// Laid out as the output, not overlapping it; NULL for none.
  const float *residual;
  ck_activation activation;
} ck_epilogue;

/// The part of an output that one call computes; any split gives the same bits.
///
/// Panels are the runs of output channels that a kernel keeps in registers, see `ck_panels`.
typedef struct {
  ck_span images, rows, panels;
} ck_part;

#endif
