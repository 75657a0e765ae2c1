/// Threads that live as long as the pool and share the tasks of one job at a time.
#ifndef CK_THREAD_POOL_H
#define CK_THREAD_POOL_H

#include <stddef.h>

typedef struct ck_thread_pool ck_thread_pool;

/// A task of a job. `worker` is below the thread count and unique among the tasks that run at once.
typedef void (*ck_task)(void *context, size_t task, size_t worker);

/// A pool of `thread_count` threads, the caller of `ck_thread_pool_run` being one of them.
///
/// At most `processor_count` of them work or wait actively at a time; the others sleep. NULL where
/// the system gives no memory or no threads.
ck_thread_pool *ck_thread_pool_create(size_t thread_count, size_t processor_count);

/// Runs the tasks `0 ..< task_count` and returns when all are done. One caller at a time.
void ck_thread_pool_run(
    ck_thread_pool *pool, size_t task_count, ck_task body, void *context);

/// Ends the threads and frees the pool.
void ck_thread_pool_destroy(ck_thread_pool *pool);

/// How many processors the calling thread may run on.
size_t ck_allowed_processors(void);

#endif
