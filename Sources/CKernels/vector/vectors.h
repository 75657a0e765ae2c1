// Vectors of `CK_VECTOR_BYTES` and what the kernels do to the elements of one.
//
// Each function has a twin for one element, with the same operations in the same order: tails have
// the bits that a vector would give. Loads and stores may be unaligned.
#ifndef CK_VECTORS_H
#define CK_VECTORS_H

#include <math.h>
#include <string.h>

#include "../include/ck_table.h"

#pragma STDC FP_CONTRACT OFF

enum { lanes = CK_VECTOR_BYTES / sizeof(float) };
typedef float floats __attribute__((vector_size(CK_VECTOR_BYTES)));
typedef int mask __attribute__((vector_size(CK_VECTOR_BYTES)));
typedef float unaligned_floats
    __attribute__((vector_size(CK_VECTOR_BYTES), aligned(4), may_alias));

static inline floats load(const float *p) { return *(const unaligned_floats *)p; }
static inline void store(float *p, floats v) { *(unaligned_floats *)p = v; }
static inline floats all(float x) { return x - (floats){}; }

/// a where the mask is set, else b.
static inline floats select(mask m, floats a, floats b) {
  return (floats)((m & (mask)a) | (~m & (mask)b));
}

static inline float larger(float best, float x) { return x > best || x != x ? x : best; }
static inline floats vector_larger(floats best, floats x) {
  return select((x > best) | (x != x), x, best);
}

static inline float smaller(float best, float x) { return x < best || x != x ? x : best; }
static inline floats vector_smaller(floats best, floats x) {
  return select((x < best) | (x != x), x, best);
}

/// What is left to do after the sum: decided once for each call, not for each element.
typedef enum { keep, rectify, rectify_any } finish;

static inline finish finish_for(ck_activation a) {
  if (a.maximum == INFINITY) {
    if (a.negative_slope == 1) return keep;
    if (a.negative_slope == 0) return rectify;
  }
  return rectify_any;
}

static inline float finished(float x, finish how, ck_activation a) {
  if (how == keep) return x;
  if (x < 0) x = how == rectify || a.negative_slope == 0 ? 0 : x * a.negative_slope;
  return how == rectify_any && x > a.maximum ? a.maximum : x;
}

static inline floats vector_finished(floats x, finish how, ck_activation a) {
  if (how == keep) return x;
  if (how == rectify) return select(x < 0, all(0), x);
  floats negative = a.negative_slope == 0 ? all(0) : x * a.negative_slope;
  x = select(x < 0, negative, x);
  return select(x > a.maximum, all(a.maximum), x);
}

#endif
