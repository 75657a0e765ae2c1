// Random jobs on pools of 1 to 64 threads, several side by side.
//
// `swift test` runs it. Alone, with `thread` or `address,undefined` for SANITIZER:
//     S=Sources/CKernels T=Tests/CKernelTests; clang -std=gnu11 -O1 -g -DCK_POOL_TESTS_ALONE \
//       -I$S/include -I$T/include -fsanitize=SANITIZER $T/thread_pool_tests.c $S/thread_pool.c \
//       -fuse-ld=lld -lm -lpthread -o pool_tests && ./pool_tests [seed] [pools]
// The thread sanitizer of Swift's clang wants its libdispatch too: with L=<toolchain>/usr/lib/swift/linux
//     -L$L -Wl,-rpath,$L -ldispatch -lBlocksRuntime
#include "ck_test_thread_pool.h"

#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "support.h"

enum { most_tasks = 300, most_workers = 64 };

static void fail(int *failures, const char *claim) {
  if ((*failures)++ == 0) fprintf(stderr, "FAILED thread pool: %s\n", claim);
}

/// What tasks read and write without atomics: the pool must order it.
typedef struct {
  size_t task_count, thread_count, number, delay;
  size_t runs[most_tasks], numbers[most_tasks];
  atomic_bool *is_busy;  // by worker; lives as long as the pool
  atomic_int wrong_workers;
} job;

static void run_task(void *context, size_t task, size_t worker) {
  job *j = context;
  bool is_wrong = worker >= j->thread_count || task >= j->task_count;
  if (!is_wrong) is_wrong = atomic_exchange_explicit(&j->is_busy[worker], true, memory_order_relaxed);
  if (is_wrong) {
    atomic_fetch_add(&j->wrong_workers, 1);
    return;
  }
  for (volatile size_t i = 0; i < j->delay; i++) {
  }
  j->runs[task]++;
  j->numbers[task] = j->number;
  atomic_store_explicit(&j->is_busy[worker], false, memory_order_relaxed);
}

typedef struct {
  uint64_t seed;
  int jobs, most_threads, failures;
} pool_test;

static size_t below(uint64_t *seed, size_t count) { return (size_t)(next_random(seed) % count); }

static void test_job(pool_test *t, ck_thread_pool *pool, size_t threads, atomic_bool *is_busy) {
  static const size_t delays[] = {0, 0, 0, 10, 300, 10000};
  job j = {.thread_count = threads, .is_busy = is_busy, .number = below(&t->seed, 1u << 30)};
  j.task_count = below(&t->seed, 4) > 0 ? below(&t->seed, 12) : below(&t->seed, most_tasks);
  j.delay = delays[below(&t->seed, j.task_count > 20 ? 4 : 6)];
  ck_thread_pool_run(pool, j.task_count, run_task, &j);
  for (size_t i = 0; i < most_tasks; i++) {
    if (j.runs[i] != (i < j.task_count)) fail(&t->failures, "each task runs once");
    if (i < j.task_count && j.numbers[i] != j.number) fail(&t->failures, "a task has its job");
  }
  if (j.wrong_workers > 0) fail(&t->failures, "a worker below the thread count runs one task");
  memset(&j, 0xa5, sizeof j);  // who comes late finds no sense in it
  if (below(&t->seed, 50) == 0) usleep(500);  // all go to sleep
}

static void *test_pool(void *context) {
  pool_test *t = context;
  size_t threads = 1 + below(&t->seed, (size_t)t->most_threads);
  // As if there were more, fewer, or as many processors.
  size_t processors = 1 + below(&t->seed, 2 * threads);
  atomic_bool is_busy[most_workers] = {false};
  ck_thread_pool *pool = ck_thread_pool_create(threads, processors);
  if (pool == NULL) {
    fail(&t->failures, "there are threads");
    return NULL;
  }
  for (int i = 0; i < t->jobs; i++) test_job(t, pool, threads, is_busy);
  ck_thread_pool_destroy(pool);
  return NULL;
}

int ck_test_thread_pool(uint64_t seed, int pools, int jobs, int most_threads, int side_by_side) {
  int failures = 0;
  for (int i = 0; i < pools; i++) {
    pool_test tests[8];
    pthread_t threads[8];
    for (int k = 0; k < side_by_side && k < 8; k++) {
      tests[k] = (pool_test){next_random(&seed), jobs, most_threads, 0};
      if (pthread_create(&threads[k], NULL, test_pool, &tests[k]) != 0) abort();
    }
    for (int k = 0; k < side_by_side && k < 8; k++) {
      pthread_join(threads[k], NULL);
      failures += tests[k].failures;
    }
  }
  return failures;
}

// 2^-140 is subnormal; a product of it is zero where subnormals are flushed.
static bool is_default_environment(void) {
  volatile float tiny = 0x1p-140f, one = 1, up = 0x1p-30f;
  return tiny * one != 0 && tiny + tiny != 0 && one + up == 1 && fegetround() == FE_TONEAREST;
}

static void note_environment(void *context, size_t task, size_t worker) {
  (void)task, (void)worker;
  if (!is_default_environment()) atomic_fetch_add((atomic_int *)context, 1);
  usleep(1000);  // so that every thread gets one
}

int ck_test_environment(void) {
  int failures = 0;
  fenv_t own;
  fegetenv(&own);
  fesetround(FE_UPWARD);
#if defined(__x86_64__)
  enum { flush_to_zero = 0x8000, subnormals_are_zero = 0x40 };
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | flush_to_zero | subnormals_are_zero);
  unsigned host = __builtin_ia32_stmxcsr();
#endif
  if (is_default_environment()) fail(&failures, "the test changes the environment");
  // Threads begin with the environment of their maker.
  ck_thread_pool *pool = ck_thread_pool_create(4, 4);
  atomic_int others = 0;
  fenv_t previous = ck_enter_default_environment();
  if (!is_default_environment()) fail(&failures, "the caller computes in the default environment");
  ck_thread_pool_run(pool, 16, note_environment, &others);
  ck_restore_environment(previous);
  if (others > 0) fail(&failures, "workers compute in the default environment");
  if (fegetround() != FE_UPWARD) fail(&failures, "the caller's rounding is restored");
#if defined(__x86_64__)
  enum { flags = 0x3f };  // what happened, not what is to happen
  if ((__builtin_ia32_stmxcsr() ^ host) & ~(unsigned)flags) {
    fail(&failures, "the caller's environment is restored");
  }
#endif
  ck_thread_pool_destroy(pool);
  fesetenv(&own);
  return failures;
}

#ifdef CK_POOL_TESTS_ALONE
int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  int pools = argc > 2 ? atoi(argv[2]) : 20;
  int failures = ck_test_environment();
  failures += ck_test_thread_pool(seed, pools, 500, 8, 1);
  failures += ck_test_thread_pool(seed + 1, pools, 200, most_workers, 1);
  failures += ck_test_thread_pool(seed + 2, pools, 200, 8, 4);
  printf("%d failures\n", failures);
  return failures > 0;
}
#endif
