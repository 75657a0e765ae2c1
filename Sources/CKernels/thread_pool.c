// Threads that share the tasks of one job at a time.
//
// A job is a number of tasks; each thread takes the next one from an atomic counter. The caller
// publishes a job by raising `job`, works too, and leaves when every other thread has reported in
// `idle`. A thread that waits spins for some microseconds, because the next step of a network comes
// at once, and then sleeps on a condition variable.
#include "ck_thread_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "ck_floating_point.h"

// About 50 µs: longer than the serial part between two steps, shorter than a scheduler's slice.
enum { spins_before_sleep = 2000 };

typedef struct {
  ck_thread_pool *pool;
  size_t index;
  pthread_t thread;
} worker;

struct ck_thread_pool {
  size_t worker_count;  // threads besides the caller
  size_t task_count;
  ck_task body;
  void *context;

  atomic_size_t next_task;
  atomic_size_t job;   // how many jobs were published
  atomic_size_t idle;  // workers that have finished the job
  atomic_bool stops;

  pthread_mutex_t mutex;  // orders going to sleep against being woken
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

/// Waits until `*counter` is no longer `old`.
static void wait_for_change(
    ck_thread_pool *pool, atomic_size_t *counter, size_t old, pthread_cond_t *changed) {
  for (int i = 0; i < spins_before_sleep; i++) {
    if (atomic_load_explicit(counter, memory_order_acquire) != old) return;
    pause_briefly();
  }
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load_explicit(counter, memory_order_acquire) == old) {
    pthread_cond_wait(changed, &pool->mutex);
  }
  pthread_mutex_unlock(&pool->mutex);
}

/// Raises `*counter` by one and wakes who waits for it.
static void advance(ck_thread_pool *pool, atomic_size_t *counter, pthread_cond_t *changed) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add_explicit(counter, 1, memory_order_release);
  pthread_cond_broadcast(changed);
  pthread_mutex_unlock(&pool->mutex);
}

static void work(ck_thread_pool *pool, size_t index) {
  for (;;) {
    size_t task = atomic_fetch_add_explicit(&pool->next_task, 1, memory_order_relaxed);
    if (task >= pool->task_count) return;
    pool->body(pool->context, task, index);
  }
}

static void *worker_main(void *argument) {
  const worker *self = argument;
  ck_thread_pool *pool = self->pool;
  ck_enter_default_environment();
  for (size_t seen = 0;; seen++) {
    wait_for_change(pool, &pool->job, seen, &pool->job_published);
    if (atomic_load_explicit(&pool->stops, memory_order_acquire)) return NULL;
    work(pool, self->index);
    advance(pool, &pool->idle, &pool->job_finished);
  }
}

ck_thread_pool *ck_thread_pool_create(size_t thread_count) {
  size_t workers = thread_count > 1 ? thread_count - 1 : 0;
  ck_thread_pool *pool = calloc(1, sizeof *pool + workers * sizeof(worker));
  if (pool == NULL) return NULL;
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->job_published, NULL);
  pthread_cond_init(&pool->job_finished, NULL);
  for (size_t i = 0; i < workers; i++) {
    worker *w = &pool->workers[i];
    w->pool = pool;
    w->index = i + 1;
    if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
      ck_thread_pool_destroy(pool);
      return NULL;
    }
    pool->worker_count++;
  }
  return pool;
}

void ck_thread_pool_run(ck_thread_pool *pool, size_t task_count, ck_task body, void *context) {
  if (pool->worker_count == 0 || task_count <= 1) {
    for (size_t task = 0; task < task_count; task++) body(context, task, 0);
    return;
  }
  pool->task_count = task_count;
  pool->body = body;
  pool->context = context;
  atomic_store_explicit(&pool->next_task, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->idle, 0, memory_order_relaxed);
  advance(pool, &pool->job, &pool->job_published);
  work(pool, 0);
  for (;;) {
    size_t idle = atomic_load_explicit(&pool->idle, memory_order_acquire);
    if (idle == pool->worker_count) return;
    wait_for_change(pool, &pool->idle, idle, &pool->job_finished);
  }
}

void ck_thread_pool_destroy(ck_thread_pool *pool) {
  atomic_store_explicit(&pool->stops, true, memory_order_release);
  advance(pool, &pool->job, &pool->job_published);
  for (size_t i = 0; i < pool->worker_count; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->job_finished);
  pthread_cond_destroy(&pool->job_published);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}
