internal import Kernels

/// Pieces of memory moved to other places: concatenation and slicing along an axis.
///
/// Seen from the axis, each value is `[outer, extent · inner]`; one side is a single value whose
/// rows are the rows of all values of the other side, one after the other.
struct AxisCopy: Kernel {
  /// Which side is several values.
  enum Direction: String, Sendable {
    case concatenation
    case slice
  }

  let direction: Direction
  let outer: Int
  let widths: [Int]  // extent · inner of each value of the side that is several

  var name: String { direction.rawValue }
  var additionChain: Int { 0 }
  var taskCount: Int { outer * widths.count }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let (row, part) = (task / widths.count, task % widths.count)
    let total = widths.reduce(0, +)
    let start = row * total + widths[..<part].reduce(0, +)
    let joined = start..<start + widths[part]
    switch direction {
    case .concatenation:
      copy(
        values.inputs[part].part(row, of: widths[part]), to: values.outputs[0].part(joined))
    case .slice:
      copy(
        values.inputs[0].part(joined), to: values.outputs[part].part(row, of: widths[part]))
    }
  }
}

/// Zeros around an image and before and after its channels.
struct Padded: Kernel {
  let batch: Int
  let inputChannels: Int
  let outputChannels: Int
  let channelsBefore: Int
  let input: Windows.Size
  let output: Windows.Size
  let top: Int
  let left: Int

  var name: String { "zero padding" }
  var additionChain: Int { 0 }
  var taskCount: Int { batch * outputChannels }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let plane = values.outputs[0].part(task, of: output.count)
    plane.update(repeating: 0)
    let channel = task % outputChannels - channelsBefore
    guard channel >= 0, channel < inputChannels else { return }
    let image = task / outputChannels
    let source = values.inputs[0].part(image * inputChannels + channel, of: input.count)
    for row in 0..<input.height {
      let start = (top + row) * output.width + left
      copy(source.part(row, of: input.width), to: plane.part(start..<start + input.width))
    }
  }
}

private func copy(
  _ source: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>
) {
  _ = target.update(fromContentsOf: source)
}
