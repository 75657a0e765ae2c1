/// Layers that no published network spends time in: one plain version, computed in double.
#ifndef CK_FUNCTIONS_H
#define CK_FUNCTIONS_H

#include <stddef.h>

/// y = x for x > 0, else alpha · (exp(x) - 1). `y` may be `x`.
void ck_elu(float *y, const float *x, size_t count, double alpha);

/// y = 1 / (1 + exp(-x)). `y` may be `x`.
void ck_sigmoid(float *y, const float *x, size_t count);

/// y = tanh(x). `y` may be `x`.
void ck_tanh(float *y, const float *x, size_t count);

/// y = (shift + scale · x) ^ power. `y` may be `x`.
void ck_power(float *y, const float *x, size_t count, double power, double scale, double shift);

/// y = exp(x - max) / Σ exp(x - max) over `count` elements that lie `stride` apart.
void ck_softmax(float *y, const float *x, size_t count, size_t stride);

/// Local response normalization across channels of the channel `channel` of an image whose
/// planes hold `pixels` elements: y = x / (k + alpha / size · Σ x²) ^ beta.
void ck_normalize_across_channels(
    float *y, const float *image, size_t channel, size_t channels, size_t pixels, size_t size,
    double alpha, double beta, double k);

/// Local response normalization within one plane: y = x / (1 + alpha / size² · Σ x²) ^ beta.
void ck_normalize_within_channel(
    float *y, const float *x, size_t height, size_t width, size_t size, double alpha, double beta);

#endif
