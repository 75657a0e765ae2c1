internal import Kernels
internal import TensorCore

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

/// Zeros, or another number, around planes and before and after them; less than none cuts off.
struct Padded: Kernel {
  /// Planes of the output, of all images.
  let planes: Int
  let inputPlanes: Int  // of an image
  let outputPlanes: Int  // of an image
  let planesBefore: Int
  let input: Windows.Size
  let output: Windows.Size
  let top: Int
  let left: Int
  let value: Float
  /// Floats of an element of a plane.
  let lanes: Int

  var name: String { value == 0 ? "zero padding" : "padding" }
  var additionChain: Int { 0 }
  var taskCount: Int { planes }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let plane = values.outputs[0].part(task, of: output.count * lanes)
    plane.update(repeating: value)
    let index = task % outputPlanes - planesBefore
    guard index >= 0, index < inputPlanes else { return }
    let image = task / outputPlanes
    let source = values.inputs[0].part(image * inputPlanes + index, of: input.count * lanes)
    let rows = max(0, -top)..<max(0, -top, min(input.height, output.height - top))
    let columns = max(0, -left)..<max(0, -left, min(input.width, output.width - left))
    for row in rows {
      let (from, to) = (row * input.width, (top + row) * output.width + left)
      copy(
        source.part(lanes * (from + columns.lowerBound)..<lanes * (from + columns.upperBound)),
        to: plane.part(lanes * (to + columns.lowerBound)..<lanes * (to + columns.upperBound)))
    }
  }
}

/// Every so many rows of `inner` elements along an axis.
struct Cropped: Kernel {
  let outer: Int
  let extent: Int  // of the input along the axis
  let elements: StrideTo<Int>  // the places that are taken
  let inner: Int

  var name: String { "crop" }
  var additionChain: Int { 0 }
  var taskCount: Int { outer }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let source = values.inputs[0].part(task, of: extent * inner)
    var target = task * elements.underestimatedCount
    for element in elements {
      copy(source.part(element, of: inner), to: values.outputs[0].part(target, of: inner))
      target += 1
    }
  }
}

/// Axes in another order.
struct Permuted: Kernel {
  /// Extents of the output.
  let extents: [Int]
  /// From one element of the output to the next along each axis, in the input.
  let steps: [Int]

  /// The axes of a shape in another order.
  init(_ shape: Shape, axes: [Int]) {
    extents = axes.map { shape[$0] }
    steps = axes.map { shape.elementCount(from: $0 + 1) }
  }

  var name: String { "permutation" }
  var additionChain: Int { 0 }
  /// One along the first two axes.
  var taskCount: Int { extents.prefix(2).reduce(1, *) }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let inner = extents.dropFirst(2).reduce(1, *)
    let output = values.outputs[0].part(task, of: inner)
    let input = values.inputs[0]
    var source = 0
    var rest = task
    for axis in extents.indices.prefix(2).reversed() {
      source += rest % extents[axis] * steps[axis]
      rest /= extents[axis]
    }
    var index = [Int](repeating: 0, count: extents.count)
    for target in 0..<inner {
      output[target] = input[source]
      for axis in extents.indices.dropFirst(2).reversed() {
        index[axis] += 1
        source += steps[axis]
        if index[axis] < extents[axis] { break }
        source -= steps[axis] * extents[axis]
        index[axis] = 0
      }
    }
  }
}

private func copy(
  _ source: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>
) {
  _ = target.update(fromContentsOf: source)
}
