/// Kernels over blocked activations, one table for each instruction set.
///
/// Sums, products and maxima of several activations are `combine` of `ck_table`: blocks are plain
/// arrays of floats to it, and zeros in the lanes past the last channel stay zeros.
///
/// Weights are packed by the table whose kernels read them: panels differ between levels, the bits
/// in them do not. Each packed weight is written once. What is packed starts at a multiple of 64
/// bytes, what it is made from anywhere: it may lie in a mapped file.
///
/// Threads. Kernels keep no state; calls whose parts do not overlap may run side by side, each with
/// scratch of its own. Split rows where an image has many, else panels: every image row, and every
/// panel, is read once by each call that shares it.
///
/// Numbers. Products and sums are fused multiply-adds. Each kernel tells the order of its additions;
/// where that is all that determines the result ("strict" below), every level and every split gives
/// the same bits. d is the longest chain of additions: the error of an output is within
/// (2·√d + 3) · u · (Σ|w||x| + |b|), u = 2⁻²⁴.
#ifndef CK_KERNELS_H
#define CK_KERNELS_H

#include "ck_blocked.h"

/// A batch of tiles of m × m outputs, m = 2 or 4; tile t of image i is i · tiles of an image + t.
typedef struct {
  size_t m;
  ck_span tiles;
} ck_winograd;

/// The kernels of one instruction set.
typedef struct {
  /// Output channels of the widest register tile: 16 or 32. Packed weights depend on it.
  size_t widest_panel;

  /// Direct convolution, any window, stride, dilation, padding and groups. Strict.
  ///
  /// x [images][input blocks][H][W][16], y [images][output blocks][H'][W'][16], weights from
  /// `pack_convolution`, scratch `ck_convolution_scratch` floats, one for each thread.
  /// Order: bias, input blocks, tap rows, tap columns, the 16 lanes; d = 16 · blocks · taps + 1.
  void (*convolve)(
      float *y, const float *x, const float *weights, const ck_convolution *convolution,
      const ck_epilogue *epilogue, ck_part part, float *scratch);

  /// Direct convolution of few channels in planes, one group: the stem of a network. Strict.
  ///
  /// x [images][input channels][H][W], y in blocks, weights from `pack_planar`, scratch
  /// `ck_planar_scratch` floats. Order: bias, channels, tap rows, tap columns; d = channels · taps + 1.
  void (*convolve_planar)(
      float *y, const float *x, const float *weights, const ck_convolution *convolution,
      const ck_epilogue *epilogue, ck_part part, float *scratch);

  /// Winograd's convolution F(m × m, 3 × 3) in three steps over one batch of tiles, each of which
  /// threads may share; `ck_winograd_convolve` takes all three. Stride 1, no dilation, one group.
  ///
  /// The same bits on all vector levels, for any split and batch; the scalar twin's transforms add
  /// in another order. An output is near Σ of its own channels' tiles, so errors scale with
  /// T = Σ_c max|x_c| over the tile · Σ|w_c|, times 1 for m = 2 and 8 for m = 4; d = input channels.
  /// v: `ck_winograd_input_count` floats, computed for some input blocks.
  void (*winograd_input)(
      float *v, const float *x, const ck_convolution *convolution, ck_winograd tiling,
      ck_span blocks);
  /// m: `ck_winograd_output_count` floats, computed for some panels. u from `pack_winograd`.
  void (*winograd_multiply)(
      float *m, const float *v, const float *u, const ck_convolution *convolution,
      ck_winograd tiling, ck_span panels);
  /// y = act(Aᵀ m A + bias + residual), computed for some output blocks.
  void (*winograd_output)(
      float *y, const float *m, const ck_convolution *convolution, const ck_epilogue *epilogue,
      ck_winograd tiling, ck_span blocks);

  /// Depthwise convolution: groups = input channels = output channels; panels of `part` are blocks.
  /// Strict. Weights from `pack_depthwise`; no scratch. Order: bias, tap rows, tap columns, those
  /// in the padding left out; d = taps + 1.
  void (*convolve_depthwise)(
      float *y, const float *x, const float *weights, const ck_convolution *convolution,
      const ck_epilogue *epilogue, ck_part part, float *scratch);

  /// Pooling of blocks, no dilation; panels of `part` are blocks. Strict. NaN wins a maximum, -inf is
  /// that of no element. Order of a sum: rows, columns; d = taps. `ck_pooling` tells the divisor.
  void (*pool)(
      float *y, const float *x, size_t channels, const ck_windows *windows, ck_pooling pooling,
      ck_part part);

  /// Means of planes [planes][pixels][16] into [planes][16]: added in double in the order of the
  /// pixels, rounded once. Strict.
  void (*average_planes)(float *y, const float *x, size_t planes, size_t pixels);

  /// y = act(x · scale + shift) of planes [planes][pixels][16], one fused multiply-add; scale and
  /// shift [planes][16] or NULL for 1 and 0. y may be x. A shift must be 0 in the lanes past the last
  /// channel. Strict.
  void (*scale_planes)(
      float *y, const float *x, const float *scale, const float *shift, size_t planes,
      size_t pixels, ck_activation activation);

  /// y = x < 0 ? x · slope : x of planes [planes][pixels][16]; slopes [planes][16]. y may be x.
  /// Strict.
  void (*rectify_planes)(
      float *y, const float *x, const float *slopes, size_t planes, size_t pixels);

  /// Fully connected: x [images][input blocks][16], y [images][output blocks][16], weights from
  /// `pack_convolution` of `ck_dense`. Strict, whatever the batch.
  /// Order: bias, features; d = 16 · input blocks + 1.
  void (*multiply_dense)(
      float *y, const float *x, const float *weights, size_t inputs, size_t outputs,
      const ck_epilogue *epilogue, ck_span images, ck_span panels);

  /// Packs some panels of the weights [output channels][input channels / groups][height][width],
  /// each times the factor of its output channel (NULL for 1) in double, rounded once.
  ///
  /// Packed: [panel][input block][row][column][lane of the input block][channel of the panel], zeros
  /// where a channel does not exist or belongs to another group. A last panel that has only one
  /// block is packed with 16 channels. `packed` is the start of the whole, here and below.
  void (*pack_convolution)(
      float *packed, const float *weights, const double *factors,
      const ck_convolution *convolution, ck_span panels);

  /// The same for `convolve_planar`: [panel][channel][row][column][channel of the panel].
  void (*pack_planar)(
      float *packed, const float *weights, const double *factors,
      const ck_convolution *convolution, ck_span panels);

  /// The same for `convolve_depthwise`: [block][row][column][16].
  void (*pack_depthwise)(
      float *packed, const float *weights, const double *factors,
      const ck_convolution *convolution, ck_span blocks);

  /// The same for Winograd's convolution: [(m + 2)²][panel][input channel][channel of the panel],
  /// G (w · factor) Gᵀ in double, rounded once.
  void (*pack_winograd)(
      float *packed, const float *weights, const double *factors,
      const ck_convolution *convolution, size_t m, ck_span panels);

  /// Reorders [channels][pixels] into [blocks][pixels][16], zeros in the lanes past the last channel.
  void (*block_channels)(float *y, const float *x, size_t channels, size_t pixels);

  /// Reorders [blocks][pixels][16] into [channels][pixels].
  void (*unblock_channels)(float *y, const float *x, size_t channels, size_t pixels);

  /// Channels first_x ... of x become channels first_y ... of y, both one image of blocks; the other
  /// lanes of y stay untouched, and may be written by another thread meanwhile.
  void (*copy_channels)(
      float *y, const float *x, size_t first_y, size_t first_x, size_t channels, size_t pixels);
} ck_kernels;

/// The kernels of a level; NULL where the processor does not run it.
const ck_kernels *ck_kernels_for_level(ck_level level);

/// Channels of a panel of a convolution: the widest, unless that would straddle groups.
size_t ck_panel_channels(const ck_convolution *convolution, size_t widest_panel);

/// Panels of a convolution.
size_t ck_panels(const ck_convolution *convolution, size_t widest_panel);

/// Floats of the packed weights.
size_t ck_packed_count(const ck_convolution *convolution, size_t widest_panel);

/// Floats of scratch that `convolve` needs.
size_t ck_convolution_scratch(const ck_convolution *convolution, size_t widest_panel);

/// The 1 × 1 convolution of one pixel that a fully connected layer is.
static inline ck_convolution ck_dense(size_t inputs, size_t outputs) {
  return (ck_convolution){
      inputs, outputs, 1,
      {.height = 1, .width = 1, .output_height = 1, .output_width = 1, .kernel_height = 1,
       .kernel_width = 1, .stride_height = 1, .stride_width = 1, .dilation_height = 1,
       .dilation_width = 1}};
}

/// Floats of the packed weights of `convolve_depthwise`.
size_t ck_packed_depthwise_count(const ck_convolution *convolution);

/// Floats of the packed weights of `convolve_planar`.
size_t ck_packed_planar_count(const ck_convolution *convolution);

/// Floats of scratch that `convolve_planar` needs.
size_t ck_planar_scratch(const ck_convolution *convolution);

/// Tiles of one image.
size_t ck_winograd_tiles(const ck_convolution *convolution, size_t m);

/// The most tiles that `ck_winograd_convolve` has in its scratch at a time.
size_t ck_winograd_batch(const ck_convolution *convolution, size_t m);

/// Floats of the transformed inputs, and of the products, of a batch of tiles.
size_t ck_winograd_input_count(const ck_convolution *convolution, size_t m, size_t tiles);
size_t ck_winograd_output_count(const ck_convolution *convolution, size_t m, size_t tiles);

/// Floats of scratch for `ck_winograd_convolve` over some tiles.
size_t ck_winograd_scratch(const ck_convolution *convolution, size_t m, size_t tiles);

/// All three steps over any tiles of any images; threads take ranges of tiles.
void ck_winograd_convolve(
    const ck_kernels *kernels, float *y, const float *x, const float *u,
    const ck_convolution *convolution, const ck_epilogue *epilogue, ck_winograd tiling,
    float *scratch);

/// Floats of the transformed weights.
size_t ck_packed_winograd_count(const ck_convolution *convolution, size_t m);

#endif
