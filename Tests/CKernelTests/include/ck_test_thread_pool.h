/// The tests of the thread pool, written in C so that sanitizers run them alone.
#ifndef CK_TEST_THREAD_POOL_H
#define CK_TEST_THREAD_POOL_H

#include <stdint.h>

/// How many claims did not hold; each is told on standard error once a pool.
///
/// Random jobs on pools of 1 to `most_threads` threads, `side_by_side` pools at a time.
int ck_test_thread_pool(uint64_t seed, int pools, int jobs, int most_threads, int side_by_side);

/// How many claims about the floating-point environment did not hold.
int ck_test_environment(void);

#endif
