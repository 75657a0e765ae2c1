package import Kernels
package import ModelGraph

extension MatrixProduct {
  /// Products for the threads that multiply at a time; nil where none does.
  convenience init?(
    for plan: ExecutionPlan, threadCount: Int
  ) throws(NetworkError) {
    let taskCounts = plan.steps.filter(\.kernel.multipliesMatrices).map(\.taskCount)
    guard let most = taskCounts.max(), most > 0 else { return nil }
    do {
      try self.init(callerCount: min(most, threadCount))
    } catch { throw NetworkError(error) }
  }
}

extension NetworkError {
  /// An error about a computer that cannot multiply matrices.
  package init(_ failure: MatrixProduct.Failure) {
    switch failure {
    case .missingLibrary(let reason):
      self.init(
        "needs OpenBLAS (Debian's and Ubuntu's package libopenblas0) to multiply matrices: \(reason)",
        kind: .missingLibrary)
    case .noMemory(let bufferCount, let byteCount):
      self.init(
        "needs OpenBLAS and \(bufferCount) × \(byteCount) bytes for its buffers, one for each thread "
          + "that multiplies matrices, which the system does not give", kind: .outOfMemory)
    }
  }
}
