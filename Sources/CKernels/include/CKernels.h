/// Compute kernels over float32 without checks: `Kernels` is their checked door.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_elementary.h"
#include "ck_floating_point.h"
#include "ck_functions.h"
#include "ck_kernels.h"
#include "ck_library.h"
#include "ck_probes.h"
#include "ck_table.h"
#include "ck_thread_pool.h"

#endif
