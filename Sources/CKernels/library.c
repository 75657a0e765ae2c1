// Opening a library that starts threads while it is loaded.
//
// OpenBLAS has as many threads as the calling thread may use processors, at most what its
// environment variables say. To change those would race with whoever reads the environment; which
// processors this thread may use is its own affair.
#define _GNU_SOURCE
#include "ck_library.h"

#include <dlfcn.h>
#include <sched.h>
#include <stdbool.h>

void *ck_open_on_one_processor(const char *name) {
#if defined(__linux__)
  cpu_set_t allowed, one;
  bool is_known = sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  if (is_known) {
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
      if (CPU_ISSET(i, &allowed)) CPU_SET(i, &one);
    }
    is_known = sched_setaffinity(0, sizeof one, &one) == 0;
  }
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (is_known) sched_setaffinity(0, sizeof allowed, &allowed);
  return library;
#else
  return dlopen(name, RTLD_NOW | RTLD_LOCAL);
#endif
}
