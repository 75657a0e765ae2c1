internal import Kernels
internal import ModelGraph
internal import TensorCore

/// One way to compute an operation: its kernel, the layouts that it reads and writes, and how long
/// it takes.
struct Candidate: Sendable {
  /// A kernel whose output only the next one reads.
  struct Stage: Sendable {
    let kernel: any Kernel
    /// What its value is called after the layer.
    let suffix: String
    let count: Int
    var estimate = 0.0
  }

  /// What runs before: the first reads the first input, each next the one before.
  var preparations: [Stage] = []
  let kernel: any Kernel
  let inputs: [ValueType]
  let outputs: [ValueType]
  /// Nanoseconds on one thread.
  var estimate = 0.0
  /// Which stage multiplies, counted over all with the kernel last; nil for the kernel.
  var multiplyingStage: Int?

  init(
    _ kernel: any Kernel, inputs: [ValueType], outputs: [ValueType], estimate: Double = 0,
    preparations: [Stage] = [], multiplyingStage: Int? = nil
  ) {
    self.kernel = kernel
    self.inputs = inputs
    self.outputs = outputs
    self.estimate = estimate
    self.preparations = preparations
    self.multiplyingStage = multiplyingStage
  }

  var totalEstimate: Double { preparations.reduce(estimate) { $0 + $1.estimate } }
}
