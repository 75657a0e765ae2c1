#define _GNU_SOURCE  // sched_getaffinity
#include "include/CReference.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

#define MOST_THREADS 256
/// For the arrays of a tile: the caller's stack may be as small as ulimit -s says.
#define STACK_BYTES ((size_t)1 << 20)

typedef struct {
  atomic_size_t next;
  size_t count;
  void (*body)(void *context, size_t index);
  void *context;
} work;

static void *take(void *argument) {
  work *shared = argument;
  for (;;) {
    size_t index = atomic_fetch_add(&shared->next, 1);
    if (index >= shared->count) return NULL;
    shared->body(shared->context, index);
  }
}

/// The processors this process may use.
static size_t processors(void) {
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (size_t)CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}

void cr_share(size_t count, void (*body)(void *context, size_t index), void *context) {
  work shared = {.count = count, .body = body, .context = context};
  pthread_t threads[MOST_THREADS];
  size_t wanted = processors(), made = 0;
  if (wanted > count) wanted = count;
  if (wanted > MOST_THREADS) wanted = MOST_THREADS;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  // Signals are for the threads that were there before, but for those that an instruction raises:
  // blocked, they end the process without its handler, which tells of a file that was cut short.
  static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
  sigset_t all, before;
  sigfillset(&all);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&all, faults[i]);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (made < wanted && pthread_create(&threads[made], &attributes, take, &shared) == 0) made++;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (made == 0) take(&shared);
  while (made > 0) pthread_join(threads[--made], NULL);
}
