/// Kernels over blocked activations, one table for each instruction set.
///
/// Numbers. Products and sums are fused multiply-adds. Each kernel tells the order of its additions;
/// where that is all that determines the result ("strict" below), every level and every split gives
/// the same bits. d is the longest chain of additions: the error of an output is within
/// (2·√d + 3) · u · (Σ|w||x| + |b|), u = 2⁻²⁴.
#ifndef CK_KERNELS_H
#define CK_KERNELS_H

#include "ck_blocked.h"

/// The kernels of one instruction set.
typedef struct {
  /// Output channels of the widest register tile: 16 or 32. Packed weights depend on it.
  size_t widest_panel;

  /// Direct convolution, any window, stride, dilation, padding and groups. Strict.
  ///
  /// x [images][input blocks][H][W][16], y [images][output blocks][H'][W'][16], weights from
  /// `ck_pack_convolution`, scratch `ck_convolution_scratch` floats, one for each thread.
  /// Order: bias, input blocks, tap rows, tap columns, the 16 lanes; d = 16 · blocks · taps + 1.
  void (*convolve)(
      float *y, const float *x, const float *weights, const ck_convolution *convolution,
      const ck_epilogue *epilogue, ck_part part, float *scratch);
} ck_kernels;

/// The kernels of a level; NULL where the processor does not run it.
const ck_kernels *ck_kernels_for_level(ck_level level);

/// Channels of a panel of a convolution: the widest, unless that would straddle groups.
size_t ck_panel_channels(const ck_convolution *convolution, size_t widest_panel);

/// Panels of a convolution.
size_t ck_panels(const ck_convolution *convolution, size_t widest_panel);

/// Floats of the packed weights.
size_t ck_packed_count(const ck_convolution *convolution, size_t widest_panel);

/// Packs some panels of the weights [output channels][input channels / groups][height][width].
///
/// Packed: [panel][input block][row][column][lane of the input block][channel of the panel], zeros
/// where a channel does not exist or belongs to another group. A last panel that has only one block
/// is packed with 16 channels.
void ck_pack_convolution(
    float *packed, const float *weights, const ck_convolution *convolution, size_t widest_panel,
    ck_span panels);

/// Floats of scratch that `convolve` needs.
size_t ck_convolution_scratch(const ck_convolution *convolution, size_t widest_panel);

#endif
