internal import CReference

/// Work on many threads.
///
/// Not `DispatchQueue.concurrentPerform`: where the system gives no thread it waits for one for ever
/// (`ulimit -u`), and where no file can be opened it traps (`ulimit -n`).
public enum Threads {
  fileprivate typealias Body = @Sendable (Int) -> Void

  /// Calls the body for each index below `count`, in no order, and returns when all are done.
  public static func perform(_ count: Int, _ body: @Sendable (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      // SAFETY: the body lives until `cr_share` returns, and no call of it outlasts that.
      withUnsafePointer(to: body) { body in
        cr_share(
          count,
          { context, index in
            guard let context else { return }
            context.assumingMemoryBound(to: Body.self).pointee(Int(index))
          }, UnsafeMutableRawPointer(mutating: body))
      }
    }
  }
}
