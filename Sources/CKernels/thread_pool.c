// Threads that share the tasks of one job at a time.
//
// A job is over when its tasks are done, not when all threads have seen it: a thread that the
// system does not let run holds nobody up unless it is in the middle of a task.
//
// `untaken` holds how many tasks nobody has taken, `unfinished` how many are not done.
//
//   caller                                    worker
//   1 body, context, task_count = ...         a n = untaken; n = 0: wait
//   2 unfinished = task_count                 b compare and swap untaken: n -> n - 1, or back to a
//   3 untaken = task_count                    c run task task_count - n of body, and again from a
//   4 a, b, c as any worker                   d nothing left to take: unfinished -= tasks it ran
//   5 wait for unfinished = 0
//
// Nothing of a job is read before one of its tasks is taken (b), and from b to d the job cannot end:
// its task is not counted as done. So what c reads belongs to the job whose task b took, whether it
// is the one that the worker saw in a or, with the same number of tasks left, a later one; a worker
// that comes late needs no number of the job to tell them apart. Step 3 releases what 1 and 2 wrote,
// each b acquires it: swaps of others in between continue the release sequence. Each d releases what
// the tasks wrote, 5 acquires it, and with it the end of all reading of the job, before the next 1.
//
// Who waits spins first, because the next step of a network comes at once, and then sleeps on a
// condition. A sleeper counts itself before it looks once more (at `untaken`, at `unfinished`); who
// changes these looks for sleepers afterwards. All four are sequentially consistent: of the two one
// sees the other. Who finds no sleeper takes no lock. Wakers lock the mutex once before they signal,
// so that a sleeper that has looked is already waiting.
#include "ck_thread_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ck_floating_point.h"

enum {
  line = 64,  // bytes of a cache line
  // Longer than what is not shared out between two steps, shorter than a scheduler's slice.
  worker_spin = 100000,  // nanoseconds
  // Shorter: if a worker lost its processor, it can have this one.
  caller_spin = 20000,
  spins_between_clocks = 64,
};

typedef struct {
  ck_thread_pool *pool;
  size_t index;
  pthread_t thread;
} worker;

struct ck_thread_pool {
  _Alignas(line) atomic_size_t untaken;
  size_t task_count;
  ck_task body;
  void *context;

  _Alignas(line) atomic_size_t unfinished;
  atomic_bool caller_sleeps;

  _Alignas(line) atomic_size_t sleepers;  // workers
  size_t worker_count;                    // threads besides the caller
  size_t most_awake;  // workers for which there are processors besides the caller's
  bool stops;         // under the mutex
  pthread_mutex_t mutex;
  pthread_cond_t job_published;
  pthread_cond_t job_finished;

  worker workers[];
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/// Spins while `*counter` is zero, or is not; false after so many nanoseconds.
static bool spin(atomic_size_t *counter, bool while_zero, int64_t limit) {
  int64_t start = 0;
  for (;;) {
    for (int i = 0; i < spins_between_clocks; i++) {
      if ((atomic_load_explicit(counter, memory_order_acquire) == 0) != while_zero) return true;
      pause_briefly();
    }
    int64_t now = nanoseconds();
    if (start == 0) start = now;
    if (now - start > limit) return false;
  }
}

/// Runs tasks while there are any, and says how many.
static size_t work(ck_thread_pool *pool, size_t index) {
  size_t done = 0;
  size_t left = atomic_load_explicit(&pool->untaken, memory_order_relaxed);
  while (left > 0) {
    if (!atomic_compare_exchange_weak_explicit(
            &pool->untaken, &left, left - 1, memory_order_acquire, memory_order_relaxed)) continue;
    pool->body(pool->context, pool->task_count - left, index);
    done++;
    left = atomic_load_explicit(&pool->untaken, memory_order_relaxed);
  }
  return done;
}

static void pass_mutex(ck_thread_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}

/// Counts tasks as done, and wakes the caller if they were the last.
static void report(ck_thread_pool *pool, size_t done) {
  if (done == 0 || atomic_fetch_sub(&pool->unfinished, done) != done) return;
  if (!atomic_load(&pool->caller_sleeps)) return;
  pass_mutex(pool);
  pthread_cond_signal(&pool->job_finished);
}

/// Waits for tasks; false at the end of the pool.
static bool wait_for_tasks(ck_thread_pool *pool) {
  size_t awake = pool->worker_count - atomic_load_explicit(&pool->sleepers, memory_order_relaxed);
  if (awake <= pool->most_awake && spin(&pool->untaken, true, worker_spin)) return true;
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepers, 1);
  if (atomic_load(&pool->untaken) == 0 && !pool->stops) {
    pthread_cond_wait(&pool->job_published, &pool->mutex);
  }
  atomic_fetch_sub(&pool->sleepers, 1);
  bool goes_on = !pool->stops;
  pthread_mutex_unlock(&pool->mutex);
  return goes_on;
}

static void *worker_main(void *argument) {
  const worker *self = argument;
  ck_enter_default_environment();
  do {
    report(self->pool, work(self->pool, self->index));
  } while (wait_for_tasks(self->pool));
  return NULL;
}

/// Wakes workers if fewer are awake than tasks and processors are for them.
static void wake_workers(ck_thread_pool *pool, size_t task_count) {
  size_t sleepers = atomic_load(&pool->sleepers);
  size_t awake = pool->worker_count - sleepers;
  size_t wanted = task_count - 1 < pool->most_awake ? task_count - 1 : pool->most_awake;
  if (sleepers == 0 || awake >= wanted) return;
  pass_mutex(pool);
  for (; awake < wanted; awake++) pthread_cond_signal(&pool->job_published);
}

static void wait_for_the_last(ck_thread_pool *pool) {
  if (spin(&pool->unfinished, false, caller_spin)) return;
  // The processor is free now for a worker that waits for one in the middle of its task.
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->caller_sleeps, true);
  while (atomic_load(&pool->unfinished) != 0) {
    pthread_cond_wait(&pool->job_finished, &pool->mutex);
  }
  atomic_store(&pool->caller_sleeps, false);
  pthread_mutex_unlock(&pool->mutex);
}

void ck_thread_pool_run(ck_thread_pool *pool, size_t task_count, ck_task body, void *context) {
  if (pool->most_awake == 0 || task_count <= 1) {
    for (size_t task = 0; task < task_count; task++) body(context, task, 0);
    return;
  }
  pool->task_count = task_count;
  pool->body = body;
  pool->context = context;
  atomic_store_explicit(&pool->unfinished, task_count, memory_order_relaxed);
  atomic_store(&pool->untaken, task_count);
  wake_workers(pool, task_count);
  size_t done = work(pool, 0);
  if (atomic_fetch_sub(&pool->unfinished, done) != done) wait_for_the_last(pool);
}

/// Ends the first `started` threads and frees the pool.
static void end(ck_thread_pool *pool, size_t started) {
  pthread_mutex_lock(&pool->mutex);
  pool->stops = true;
  pthread_mutex_unlock(&pool->mutex);
  pthread_cond_broadcast(&pool->job_published);
  for (size_t i = 0; i < started; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->job_finished);
  pthread_cond_destroy(&pool->job_published);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

ck_thread_pool *ck_thread_pool_create(size_t thread_count, size_t processor_count) {
  size_t workers = thread_count > 1 ? thread_count - 1 : 0;
  size_t others = processor_count > 1 ? processor_count - 1 : 0;
  if (workers > (SIZE_MAX / 2 - sizeof(ck_thread_pool)) / sizeof(worker)) return NULL;
  size_t bytes = (sizeof(ck_thread_pool) + workers * sizeof(worker) + line - 1) / line * line;
  ck_thread_pool *pool = aligned_alloc(line, bytes);
  if (pool == NULL) return NULL;
  memset(pool, 0, bytes);
  pool->worker_count = workers;
  pool->most_awake = workers < others ? workers : others;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->job_published, NULL);
  pthread_cond_init(&pool->job_finished, NULL);
  for (size_t i = 0; i < workers; i++) {
    worker *w = &pool->workers[i];
    w->pool = pool;
    w->index = i + 1;
    if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
      end(pool, i);
      return NULL;
    }
  }
  return pool;
}

void ck_thread_pool_destroy(ck_thread_pool *pool) { end(pool, pool->worker_count); }
