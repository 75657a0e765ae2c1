// Functions of one element and normalizations, in double: each result is rounded once.
#include "ck_functions.h"

#include <math.h>

void ck_elu(float *y, const float *x, size_t count, double alpha) {
  for (size_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : (float)(alpha * expm1(x[i]));
}

void ck_sigmoid(float *y, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = (float)(1 / (1 + exp(-(double)x[i])));
}

void ck_tanh(float *y, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = (float)tanh(x[i]);
}

void ck_power(float *y, const float *x, size_t count, double power, double scale, double shift) {
  for (size_t i = 0; i < count; i++) {
    double base = shift + scale * x[i];
    y[i] = (float)(power == 1 ? base : pow(base, power));
  }
}

void ck_softmax(float *y, const float *x, size_t count, size_t stride) {
  float largest = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    float element = x[i * stride];
    if (element > largest || element != element) largest = element;
  }
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += exp((double)x[i * stride] - largest);
  // The exponentials are computed twice rather than kept: a float would round them once more.
  for (size_t i = 0; i < count; i++) {
    y[i * stride] = (float)(exp((double)x[i * stride] - largest) / sum);
  }
}

void ck_normalize_across_channels(
    float *y, const float *image, size_t channel, size_t channels, size_t pixels, size_t size,
    double alpha, double beta, double k) {
  size_t reach = size / 2;
  size_t first = channel > reach ? channel - reach : 0;
  size_t end = channels - channel > reach ? channel + reach + 1 : channels;
  for (size_t p = 0; p < pixels; p++) {
    double energy = 0;
    for (size_t c = first; c < end; c++) {
      double x = image[c * pixels + p];
      energy += x * x;
    }
    double divisor = pow(k + alpha / (double)size * energy, beta);
    y[p] = (float)(image[channel * pixels + p] / divisor);
  }
}

void ck_normalize_within_channel(
    float *y, const float *x, size_t height, size_t width, size_t size, double alpha,
    double beta) {
  size_t reach = size / 2;
  for (size_t r = 0; r < height; r++) {
    size_t top = r > reach ? r - reach : 0;
    size_t bottom = height - r > reach ? r + reach + 1 : height;
    for (size_t c = 0; c < width; c++) {
      size_t left = c > reach ? c - reach : 0;
      size_t right = width - c > reach ? c + reach + 1 : width;
      double energy = 0;
      for (size_t i = top; i < bottom; i++) {
        for (size_t j = left; j < right; j++) energy += (double)x[i * width + j] * x[i * width + j];
      }
      double area = (double)size * (double)size;
      y[r * width + c] = (float)(x[r * width + c] / pow(1 + alpha / area * energy, beta));
    }
  }
}
