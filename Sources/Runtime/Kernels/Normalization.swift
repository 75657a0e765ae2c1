internal import Kernels

/// `exp(x) / Σ exp(x)` along an axis, or its logarithm, in Double.
struct SoftmaxAlongAxis: Kernel {
  let outer: Int
  let extent: Int
  let inner: Int
  let isLogarithmic: Bool

  private var columns: Blocks { Blocks(inner, of: streamedBlock / 16 / extent) }

  var name: String { isLogarithmic ? "log softmax" : "softmax" }
  var additionChain: Int { 1 }  // the sum is kept in Double
  var taskCount: Int { outer * columns.blockCount }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let row = task / columns.blockCount
    for column in columns[task % columns.blockCount] {
      Functions.softmax(
        values.inputs[0].part(row, of: extent * inner), columns: inner, column: column,
        isLogarithmic: isLogarithmic,
        into: values.outputs[0].part(row, of: extent * inner))
    }
  }
}

/// Division by the energy of neighbouring channels, in Double.
struct ChannelNormalization: Kernel {
  let rule: Functions.ChannelNormalization
  let batch: Int
  let channels: Int
  let planeSize: Int

  var name: String { "normalization across channels" }
  var additionChain: Int { 1 }  // the sum is kept in Double
  var taskCount: Int { batch * channels }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    Functions.normalize(
      values.inputs[0].part(task / channels, of: channels * planeSize), channel: task % channels,
      channels: channels, by: rule, into: values.outputs[0].part(task, of: planeSize))
  }
}

/// Division by the energy of neighbouring pixels, in Double.
struct PlaneNormalization: Kernel {
  let size: Int
  let alpha: Double
  let beta: Double
  let planes: Int  // batch · channels
  let planeSize: Int
  let width: Int

  var name: String { "normalization within channel" }
  var additionChain: Int { 1 }  // the sum is kept in Double
  var taskCount: Int { planes }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    Functions.normalizeWithinPlane(
      values.inputs[0].part(task, of: planeSize), width: width, size: size, alpha: alpha,
      beta: beta, into: values.outputs[0].part(task, of: planeSize))
  }
}
