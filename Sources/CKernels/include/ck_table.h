/// The hot kernels, one table for each instruction set.
///
/// Every level computes the same bits: the order of the additions is part of each kernel's
/// contract, and products are never contracted into fused multiply-adds.
#ifndef CK_TABLE_H
#define CK_TABLE_H

#include <stddef.h>

/// What a rectifier does to a finished element.
typedef struct {
  /// Factor of negative elements: 1 for no rectifier, 0 for the plain one.
  float negative_slope;
  /// Upper bound; infinity for none.
  float maximum;
} ck_activation;

/// How windows lie over a plane. Signed, because positions in the padding are negative.
typedef struct {
  /// The plane that is read.
  ptrdiff_t height, width;
  /// The plane that is written.
  ptrdiff_t output_height, output_width;
  /// The window.
  ptrdiff_t kernel_height, kernel_width;
  /// Distance between windows.
  ptrdiff_t stride_height, stride_width;
  /// Distance between the taps of a window.
  ptrdiff_t dilation_height, dilation_width;
  /// Padding; right and bottom only matter to the divisor of an average.
  ptrdiff_t pad_top, pad_left, pad_bottom, pad_right;
} ck_windows;

/// How elements of several arrays are combined.
typedef enum { ck_sum, ck_product, ck_maximum, ck_minimum } ck_combination;

/// What is computed of a pooling window.
typedef enum {
  /// Largest element inside the plane; NaN wins; -infinity for a window outside the plane.
  ck_pool_maximum,
  /// Sum divided by the part of the window inside the padded plane.
  ck_pool_average_padded,
  /// Sum divided by the part of the window inside the plane.
  ck_pool_average_image
} ck_pooling;

/// What the elements of 16 lanes are like, each lane for itself.
typedef struct {
  /// Σ (x − origin) and Σ (x − origin)² in double; neither is finite where an element is not.
  double sums[16], squares[16];
  /// The smallest and the largest element; anything where an element is NaN.
  float minima[16], maxima[16];
  /// Elements that are 0 of either sign, and those between 0 and the smallest normal number.
  unsigned zeros[16], subnormals[16];
} ck_moments;

/// The same of one lane.
typedef struct {
  double sum, squares;
  float minimum, maximum;
  unsigned zeros, subnormals;
} ck_lane_moments;

static inline ck_lane_moments ck_moments_of(const ck_moments *m, size_t lane) {
  return (ck_lane_moments){m->sums[lane],   m->squares[lane], m->minima[lane],
                           m->maxima[lane], m->zeros[lane],   m->subnormals[lane]};
}

/// The kernels of one instruction set.
typedef struct {
  /// y[r][c] = act((x[r][c] · scale[r] + shift[r]) + addend[r][c]).
  ///
  /// `scale`, `shift`, `addend` may be NULL: 1, 0, 0. `y` may be `x` or `addend`.
  void (*affine_rows)(
      float *y, size_t y_stride, const float *x, size_t x_stride, const float *scale,
      const float *shift, const float *addend, size_t addend_stride, size_t rows, size_t columns,
      ck_activation activation);

  /// y[i] = act(x[i] · scale[i] + shift[i]); `scale`, `shift` may be NULL. `y` may be `x`.
  void (*affine_elements)(
      float *y, const float *x, const float *scale, const float *shift, size_t count,
      ck_activation activation);

  /// y[i] = act(c[0] · x[0][i] ∘ c[1] · x[1][i] ∘ …), from left to right; only a sum has
  /// coefficients, and NULL means ones. `y` may be any of `x`.
  void (*combine)(
      float *y, const float *const *x, const float *coefficients, size_t inputs,
      ck_combination combination, size_t count, ck_activation activation);

  /// columns[k][p] = image[c][row + i·dilation][column + j·dilation], 0 in the padding, with
  /// k = (c · kernel_height + i) · kernel_width + j and p the output pixel.
  ///
  /// Rows `first_row ..< first_row + rows` and pixels `first_pixel ..< first_pixel + pixels`;
  /// `columns` points at the first of both.
  void (*unfold)(
      float *columns, size_t columns_stride, const float *image, const ck_windows *windows,
      size_t first_row, size_t rows, size_t first_pixel, size_t pixels);

  /// The moments of x [rows][16], each lane around an origin of its own; below 2³² rows. Sums are
  /// taken row by row.
  void (*measure)(ck_moments *moments, const float *x, size_t rows, const double *origins);
} ck_table;

/// Instruction sets from the least to the most.
typedef enum { ck_level_scalar, ck_level_avx2, ck_level_avx512 } ck_level;

/// The highest level this processor runs.
ck_level ck_best_level(void);

/// The kernels of a level; NULL where the processor does not run it.
const ck_table *ck_table_for_level(ck_level level);

#endif
