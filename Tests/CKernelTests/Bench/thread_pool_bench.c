// What the thread pool costs.
//
//     S=Sources/CKernels; clang -std=gnu11 -O2 -I$S/include \
//       Tests/CKernelTests/Bench/thread_pool_bench.c $S/thread_pool.c -lm -lpthread -o pool_bench
//     ./pool_bench [PROCESSORS]
//
// Streams of 60 jobs of 0.05 to 1 ms on one thread, each cut into 8 tasks, with 1, 2 and 64 threads
// by turns: first alone, then with a process that takes the last processor.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support.h"

enum { jobs = 60, tasks = 8, rounds = 40 };

// Arithmetic that takes as long wherever it runs: time off the processor does not count as work.
static volatile float sink[64][16];

static void compute(size_t steps, size_t worker) {
  float x = 0.5f;
  for (size_t i = 0; i < steps; i++) x = x * 0.999f + 0.001f;
  sink[worker][0] = x;
}

static double steps_per_second;

static void calibrate(void) {
  double best = 1e9;
  for (int i = 0; i < 20; i++) {
    double start = now();
    compute(1000000, 0);
    double time = now() - start;
    if (time < best) best = time;
  }
  steps_per_second = 1e6 / best;
}

static void compute_task(void *context, size_t task, size_t worker) {
  (void)task;
  compute(*(size_t *)context, worker);
}

static void nothing(void *context, size_t task, size_t worker) {
  (void)context, (void)task, (void)worker;
}

/// Seconds of the stream.
static double stream(ck_thread_pool *pool) {
  uint64_t seed = 1;
  double start = now();
  for (int job = 0; job < jobs; job++) {
    double seconds = 0.05e-3 + (uniform(&seed) + 1) / 2 * 0.95e-3;
    size_t steps = (size_t)(seconds / tasks * steps_per_second);
    ck_thread_pool_run(pool, tasks, compute_task, &steps);
  }
  return now() - start;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *times) {
  qsort(times, rounds, sizeof *times, compare);
  return times[rounds / 2];
}

static const size_t counts[] = {1, 2, 64};
enum { kinds = sizeof counts / sizeof *counts };

static void streams(const char *title, size_t processors) {
  static double times[kinds][rounds];
  ck_thread_pool *pools[kinds];
  for (size_t k = 0; k < kinds; k++) pools[k] = ck_thread_pool_create(counts[k], processors);
  for (int round = -2; round < rounds; round++) {
    for (size_t k = 0; k < kinds; k++) {
      double time = stream(pools[k]);
      if (round >= 0) times[k][round] = time;
    }
  }
  printf("%s\n", title);
  double first[2];
  for (size_t k = 0; k < kinds; k++) {
    double middle = median(times[k]), least = times[k][0];
    if (k == 0) first[0] = least, first[1] = middle;
    printf("  %2zu threads: min %7.2f ms, median %7.2f ms; of one thread %.3f, %.3f\n", counts[k],
           least * 1e3, middle * 1e3, least / first[0], middle / first[1]);
    ck_thread_pool_destroy(pools[k]);
  }
}

static atomic_int arrived;

static void meet(void *context, size_t task, size_t worker) {
  (void)context, (void)task, (void)worker;
  atomic_fetch_add(&arrived, 1);
  while (atomic_load(&arrived) < 2) {
  }
}

/// Seconds of a job of two tasks, the least and the mean.
static void report_jobs(const char *title, ck_task body, size_t processors) {
  ck_thread_pool *pool = ck_thread_pool_create(2, processors);
  double best = 1e9, total = 0;
  for (int round = 0; round < 200; round++) {
    double start = now();
    for (int i = 0; i < 1000; i++) {
      atomic_store(&arrived, 0);
      ck_thread_pool_run(pool, 2, body, NULL);
    }
    double time = (now() - start) / 1000;
    if (time < best) best = time;
    total += time / 200;
  }
  printf("2 threads, %s: min %.0f ns, mean %.0f ns a job\n", title, best * 1e9, total * 1e9);
  ck_thread_pool_destroy(pool);
}

static double begun[2];

static void note_time(void *context, size_t task, size_t worker) {
  (void)context, (void)task;
  double time = now();
  begun[worker] = time;
  while (now() - time < 20e-6) {  // the other thread takes the other task
  }
}

static void report_latency(size_t processors) {
  enum { count = 5000 };
  ck_thread_pool *pool = ck_thread_pool_create(2, processors);
  static double delays[count];
  int seen = 0;
  for (int i = 0; i < count; i++) {
    begun[1] = 0;
    double start = now();
    ck_thread_pool_run(pool, 2, note_time, NULL);
    if (begun[1] > 0) delays[seen++] = begun[1] - start;
    double pause = now();
    while (now() - pause < 10e-6) {
    }
  }
  qsort(delays, (size_t)seen, sizeof *delays, compare);
  if (seen > 0) {
    printf("the second thread begins: min %.0f ns, median %.0f ns after the call, in %.1f %% of jobs\n",
           delays[0] * 1e9, delays[seen / 2] * 1e9, 100.0 * seen / count);
  }
  ck_thread_pool_destroy(pool);
}

int main(int argc, char **argv) {
  size_t processors = argc > 1 ? (size_t)atoi(argv[1]) : 2;
  calibrate();
  report_jobs("2 empty tasks", nothing, processors);
  report_jobs("2 tasks that wait for each other", meet, processors);
  report_latency(processors);
  streams("alone", processors);
  pid_t busy = fork();
  if (busy == 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processors - 1, &one);
    sched_setaffinity(0, sizeof one, &one);
    alarm(120);  // should the parent be gone
    for (;;) compute(1000, 0);
  }
  streams("beside a process that takes a processor", processors);
  kill(busy, SIGKILL);
  waitpid(busy, NULL, 0);
}
