// The kernels over blocked activations, compiled once for each instruction set that defines
// `CK_VECTOR_BYTES` and includes this file.
#include "../ck_window_range.h"
#include "channels.h"
#include "convolution.h"
#include "dense.h"
#include "depthwise.h"
#include "packing.h"
#include "planar.h"
#include "pooling.h"
#include "winograd.h"
#include "winograd_packing.h"

#define CK_KERNELS                            \
  {                                           \
    .widest_panel = widest_panel,             \
    .convolve = convolve,                     \
    .convolve_planar = convolve_planar,       \
    .winograd_input = winograd_input,         \
    .winograd_multiply = winograd_multiply,   \
    .winograd_output = winograd_output,       \
    .convolve_depthwise = convolve_depthwise, \
    .pool = pool,                             \
    .average_planes = average_planes,         \
    .scale_planes = scale_planes,             \
    .rectify_planes = rectify_planes,         \
    .multiply_dense = multiply_dense,         \
    .pack_convolution = pack_convolution,     \
    .pack_planar = pack_planar,               \
    .pack_depthwise = pack_depthwise,         \
    .pack_winograd = pack_winograd,           \
    .block_channels = block_channels,         \
    .unblock_channels = unblock_channels,     \
    .copy_channels = copy_channels,           \
  }
