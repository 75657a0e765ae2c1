internal import CKernels

/// Threads that share the tasks of one job at a time; the caller is one of them.
///
/// No more of them work or wait actively than there are processors for this process. Each computes in
/// the default floating-point environment: round to nearest, subnormals exact. The pool belongs to
/// one caller: it is not Sendable.
public final class ThreadPool {
  /// The number of threads, the caller included.
  public let threadCount: Int
  private let pool: OpaquePointer

  /// A pool; nil where the system gives no threads.
  public init?(threadCount: Int) {
    precondition(threadCount > 0, "a pool of \(threadCount) threads")
    guard let pool = ck_thread_pool_create(threadCount, Self.availableProcessorCount) else {
      return nil
    }
    self.threadCount = threadCount
    self.pool = pool
  }

  deinit { ck_thread_pool_destroy(pool) }

  /// Calls `body` once for each task, from several threads at once, and returns when all are done.
  ///
  /// - Parameter body: gets the task and the worker that runs it, below `threadCount`; no two calls
  ///   at one time have the same worker.
  public func run(taskCount: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var job = Job(body: body)
      withUnsafeMutablePointer(to: &job) { pointer in
        // SAFETY: the pool calls back only until this call returns, while `job` lives.
        ck_thread_pool_run(
          pool, taskCount,
          { context, task, worker in
            context!.assumingMemoryBound(to: Job.self).pointee.body(task, worker)
          }, pointer)
      }
    }
  }

  private struct Job {
    let body: (Int, Int) -> Void
  }

  /// Calls `body` in the default floating-point environment and gives the thread back its own.
  ///
  /// A host that flushes subnormals to zero must not change results.
  public static func withDefaultEnvironment<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let previous = ck_enter_default_environment()
    defer { ck_restore_environment(previous) }
    return try body()
  }
}
