// How many processors the calling thread may run on.
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "ck_thread_pool.h"

size_t ck_allowed_processors(void) {
#if defined(__linux__)
  // The kernel refuses a mask with room for fewer processors than it was built for.
  static const int counts[] = {1024, 8192, 65536};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    cpu_set_t *allowed = CPU_ALLOC(counts[i]);
    if (allowed == NULL) break;
    size_t bytes = CPU_ALLOC_SIZE(counts[i]);
    int count = 0;
    if (sched_getaffinity(0, bytes, allowed) == 0) count = CPU_COUNT_S(bytes, allowed);
    CPU_FREE(allowed);
    if (count > 0) return (size_t)count;
  }
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}
