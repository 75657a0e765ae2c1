/// Layers that no published network spends time in: one plain version, computed in double.
#ifndef CK_FUNCTIONS_H
#define CK_FUNCTIONS_H

#include <stddef.h>

/// A function of each element, with the parameters its formula names. `y` may be `x`.
typedef void ck_function(float *y, const float *x, size_t count, double a, double b, double c);

ck_function ck_clip;            // min(max(x, a), b)
ck_function ck_elu;             // x for x > 0, else a · (exp(x) - 1)
ck_function ck_selu;            // b · (x for x > 0, else a · (exp(x) - 1))
ck_function ck_celu;            // x for x > 0, else a · (exp(x / a) - 1)
ck_function ck_sigmoid;         // 1 / (1 + exp(-x))
ck_function ck_hard_sigmoid;    // min(max(a · x + b, 0), 1)
ck_function ck_tanh;            // tanh(x)
ck_function ck_silu;            // x / (1 + exp(-x))
ck_function ck_hard_swish;      // x · min(max(x / 6 + 1/2, 0), 1)
ck_function ck_gelu;            // x / 2 · (1 + erf(x / √2))
ck_function ck_gelu_tanh;       // x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))
ck_function ck_mish;            // x · tanh(ln(1 + exp(x)))
ck_function ck_softplus;        // ln(1 + exp(x))
ck_function ck_softsign;        // x / (1 + |x|)
ck_function ck_absolute;        // |x|
ck_function ck_exponential;     // exp(x)
ck_function ck_logarithm;       // ln(x)
ck_function ck_error_function;  // erf(x)
ck_function ck_power;           // (c + b · x) ^ a

/// y = exp(x - max) / Σ exp(x - max) over `count` elements that lie `stride` apart, or its logarithm.
void ck_softmax(float *y, const float *x, size_t count, size_t stride, int logarithm);

/// Local response normalization across channels of the channel `channel` of an image whose
/// planes hold `pixels` elements: y = x / (k + alpha / size · Σ x²) ^ beta.
void ck_normalize_across_channels(
    float *y, const float *image, size_t channel, size_t channels, size_t pixels, size_t size,
    double alpha, double beta, double k);

/// Local response normalization within one plane: y = x / (1 + alpha / size² · Σ x²) ^ beta.
void ck_normalize_within_channel(
    float *y, const float *x, size_t height, size_t width, size_t size, double alpha, double beta);

#endif
