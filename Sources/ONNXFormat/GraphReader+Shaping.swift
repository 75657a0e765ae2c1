internal import Files
internal import ModelGraph
internal import TensorCore

// The same elements under other axes.
extension GraphReader {
  mutating func readShaping() throws(FormatError) {
    let value = try value()
    let shape = value.onnxShape
    switch node.op {
    case "Transpose":
      let axes = try axes(
        try attributes.ints("perm") ?? Array((0..<shape.rank).reversed()), of: shape.rank)
      guard axes.count == shape.rank else {
        throw node.fault("expected each axis of \(shape) once, found \(axes)")
      }
      return make(.value(try transposed(value, axes)))
    case "Reshape":
      let target = try reshapeTarget()
      let allowsZero = try attributes.flag("allowzero")
      return make(
        .value(try reshaped(value, to: try extents(target, of: shape, allowsZero: allowsZero))))
    case "Flatten":
      let axis = try attributes.int("axis") ?? 1
      guard -shape.rank...shape.rank ~= axis else {
        throw node.fault("expected an axis of \(shape), found \(axis)")
      }
      let place = axis < 0 ? axis + shape.rank : axis
      let output = Shape([shape.elementCount(before: place), shape.elementCount(from: place)])
      return make(.value(try reshaped(value, to: output)))
    case "Squeeze":
      var axes = shape.dimensions.indices.filter { shape[$0] == 1 }
      if let given = try listed("axes") { axes = try self.axes(given, of: shape.rank) }
      guard axes.allSatisfy({ shape[$0] == 1 }) else {
        throw node.fault("expected axes of 1 in \(shape), found \(axes)")
      }
      let rest = shape.dimensions.indices.filter { !axes.contains($0) }
      return make(.value(try reshaped(value, to: Shape(rest.map { shape[$0] }))))
    case "Unsqueeze":
      guard let given = try listed("axes") else {
        throw node.fault("expected axes, found none")
      }
      let rank = shape.rank + given.count
      guard rank <= 8 else { throw node.fault("expected at most 8 axes, found \(rank)") }
      let places = try axes(given, of: rank)
      var rest = shape.dimensions[...]
      let extents = (0..<rank).map { places.contains($0) ? 1 : rest.removeFirst() }
      return make(.value(try reshaped(value, to: Shape(extents))))
    default:
      let target = try integers(1, "the shape")
      guard let wanted = Shape(checking: target), Shape(broadcasting: shape, wanted) == shape else {
        throw node.fault("an Expand that repeats elements is not supported: \(shape) to \(target)")
      }
      return make(.value(value))
    }
  }

  /// The shape that a Reshape asks for: an input, or an attribute before opset 5.
  private mutating func reshapeTarget() throws(FormatError) -> [Int] {
    attributes.ignore("consumed_inputs")
    if let shape = try attributes.ints("shape") { return shape }
    return try integers(1, "the shape")
  }

  /// Integers that are an attribute in old sets of operators, and an input in new ones.
  mutating func listed(_ name: String, input: Int = 1) throws(FormatError) -> [Int]? {
    if let list = try attributes.ints(name) { return list }
    return hasInput(input) ? try integers(input, name) : nil
  }

  /// The extents that a Reshape means.
  private func extents(
    _ target: [Int], of shape: Shape, allowsZero: Bool
  ) throws(FormatError) -> Shape {
    var extents = target
    for (axis, extent) in target.enumerated() where extent == 0 && !allowsZero {
      guard axis < shape.rank else {
        throw node.fault("expected an axis \(axis) to copy in \(shape), found none")
      }
      extents[axis] = shape[axis]
    }
    if let open = extents.firstIndex(of: -1) {
      let known = Shape(checking: extents.filter { $0 != -1 })?.elementCount ?? 0
      guard known > 0, shape.elementCount % known == 0, extents.count(where: { $0 == -1 }) == 1
      else {
        throw node.fault("expected a shape for \(shape.elementCount) elements, found \(target)")
      }
      extents[open] = shape.elementCount / known
    }
    guard extents.count <= 8, let result = Shape(checking: extents),
      result.elementCount == shape.elementCount
    else {
      throw node.fault(
        "expected a shape for \(shape.elementCount) elements, found \(target.prefix(9))")
    }
    return result
  }

  /// The same elements, in ONNX' order, under another shape.
  mutating func reshaped(_ value: Value, to shape: Shape) throws(FormatError) -> Value {
    guard shape != value.onnxShape else { return value }
    if value.layout == .line {
      // Lines that become images of one row are that already, and the other way round.
      var twin = value
      twin.layout = .plain
      if shape == twin.shape { return twin }
    }
    var source = value.isInOrder ? value : try inOrder(value)
    source.layout = .plain
    let from = source.shape
    if from == shape { return source }
    // The batch stays open where both have it.
    if shape.rank == 2, from.rank > 2, from[0] == shape[0] {
      return try add(.flatten(.init()), to: [source])
    }
    if let first = shape.dimensions.first, first == from.dimensions.first {
      return try add(
        .reshape(.init(extents: Array(shape.dimensions.dropFirst()), axis: 1)), to: [source])
    }
    // A batch that is merged with other axes, or cut out of them.
    var extents = shape.dimensions
    if !extents.isEmpty, shape.elementCount > 0 { extents[0] = -1 }
    return try add(.reshape(.init(extents: extents)), to: [source])
  }

  /// A value whose axis i is this one's axis `axes[i]`.
  private mutating func transposed(_ value: Value, _ axes: [Int]) throws(FormatError) -> Value {
    var result = value.layout == .line ? try inOrder(value) : value
    let present: [Int]
    switch result.layout {
    case .permuted(let list): present = list
    case .plain, .line: present = Array(0..<result.shape.rank)
    }
    let order = axes.map { present[$0] }
    result.layout = order == Array(order.indices) ? .plain : .permuted(order)
    return result
  }
}
