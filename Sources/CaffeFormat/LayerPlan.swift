internal import Files
internal import ModelGraph
internal import TensorCore

/// A layer of the canonical model that still waits for its weights.
struct LayerPlan {
  /// A weight and the tensor it will be made of.
  struct Weight {
    var role: Layer.WeightRole
    /// The shape Caffe gives it.
    var storedShape: Shape
    /// The shape of the weight.
    let shape: Shape
    /// What is done to a tensor of the stored shape, in order.
    var transforms: [Ledger.Transform]
    /// Whether a stored tensor of any shape fits that has as many elements.
    var fitsAnyShape = false

    init(
      _ role: Layer.WeightRole, _ storedShape: Shape, as shape: Shape? = nil,
      transforms: [Ledger.Transform] = []
    ) {
      self.role = role
      self.storedShape = storedShape
      self.shape = shape ?? storedShape
      self.transforms = transforms
    }
  }

  /// The weights in the order of the layer's blobs.
  var weights: [Weight]
  /// The shapes of the outputs.
  var outputShapes: [Shape]
  /// The layer, from as many tensors as `weights` has, each of its shape.
  var layer: ([Tensor]) -> Layer
}

/// A layer of a definition with the shapes it is to be planned for.
struct LayerPlanner {
  let layer: CaffeLayer
  let inputs: [Shape]
  let outputCount: Int

  /// An error about the layer.
  func error(_ reason: String) -> FormatError {
    FormatError(at: .object(layer.name), reason)
  }

  /// Throws unless a condition holds.
  func require(
    _ condition: Bool, _ reason: @autoclosure () -> String
  ) throws(FormatError) {
    guard condition else { throw error(reason()) }
  }

  /// Throws unless the layer reads so many blobs and writes one.
  func requireBottoms(_ allowed: ClosedRange<Int>) throws(FormatError) {
    let (least, most) = (allowed.lowerBound, allowed.upperBound)
    let expected =
      most == Int.max ? "at least \(least)" : least == most ? "\(least)" : "\(least) to \(most)"
    try require(
      allowed.contains(inputs.count),
      "expected \(expected) \(most == 1 ? "bottom" : "bottoms") for \(layer.type), "
        + "found \(inputs.count)")
    if case .slice = layer.operation { return }
    try require(outputCount == 1, "expected 1 top for \(layer.type), found \(outputCount)")
  }

  /// An axis counted from the begin, from one that may be counted from the end.
  func canonical(_ axis: Int, of shape: Shape) throws(FormatError) -> Int {
    try require(
      axis >= -shape.rank && axis < shape.rank,
      "expected an axis of the input \(shape), found \(axis)")
    return axis < 0 ? axis + shape.rank : axis
  }

  /// The axis under its present or its former field.
  func canonical(_ choice: AxisChoice, of shape: Shape) throws(FormatError) -> Int {
    if let legacyAxis = choice.legacyAxis {
      try require(choice.axis == nil, "expected an axis once, found it under both its names")
      try require(
        legacyAxis < shape.rank, "expected an axis of the input \(shape), found \(legacyAxis)")
      return legacyAxis
    }
    return try canonical(choice.axis ?? 1, of: shape)
  }

  /// A plan for a layer without weights; its shapes are inferred by the canonical model.
  ///
  /// - Parameter shapes: instead of those of the layer's inputs.
  func plan(_ planned: Layer, for shapes: [Shape]? = nil) throws(FormatError) -> LayerPlan {
    let inputs = shapes ?? inputs
    let outputs = (0..<outputCount).map { "\($0)" }
    let node = Node(
      layer.name, planned, inputs: inputs.indices.map { "\($0)" }, outputs: outputs)
    do {
      let shapes = try node.outputShapes(for: inputs)
      return LayerPlan(weights: [], outputShapes: shapes) { _ in planned }
    } catch {
      throw self.error(error.reason)
    }
  }
}

extension LayerPlanner {
  /// What the layer becomes.
  ///
  /// - Throws: `FormatError` naming the layer, where its parameters or inputs are not as its type
  ///   wants them.
  func plan() throws(FormatError) -> LayerPlan {
    switch layer.operation {
    case .convolution(let parameters):
      try requireBottoms(1...1)
      return try plan(parameters)
    case .innerProduct(let parameters):
      try requireBottoms(1...1)
      return try plan(parameters)
    case .pooling(let parameters):
      try requireBottoms(1...1)
      return try plan(parameters)
    case .batchNorm(let parameters):
      try requireBottoms(1...1)
      return try plan(parameters)
    case .scale(let axes, let hasBias):
      try requireBottoms(1...2)
      return try planScale(axes, hasBias: hasBias)
    case .affine:
      try requireBottoms(1...1)
      return try planAffine()
    case .bias(let axes):
      try requireBottoms(1...2)
      return try planBias(axes)
    case .prelu(let isShared):
      try requireBottoms(1...1)
      return try planPReLU(isShared: isShared)
    case .eltwise(let operation, let coefficients):
      try requireBottoms(2...Int.max)
      return try planEltwise(operation, coefficients)
    case .concat(let axis):
      try requireBottoms(1...Int.max)
      return try plan(.concatenation(.init(axis: try canonical(axis, of: inputs[0]))))
    case .slice(let axis, let points):
      try requireBottoms(1...1)
      try require(outputCount >= 1, "expected tops for Slice, found none")
      let slice = Layer.Slice(
        axis: try canonical(axis, of: inputs[0]), points: points.isEmpty ? nil : points)
      return try plan(.slice(slice))
    case .relu, .clip, .elu, .sigmoid, .tanh, .power, .flatten, .reshape, .softmax, .lrn, .dropout:
      try requireBottoms(1...1)
      return try planUnary()
    case .input, .data, .loss, .sink, .split, .axpy, .bn, .unsupported:
      throw error("expected a layer that computes, found \(layer.type)")
    }
  }

  /// Layers of one input without weights.
  private func planUnary() throws(FormatError) -> LayerPlan {
    let input = inputs[0]
    switch layer.operation {
    case .relu(let relu): return try plan(.relu(relu))
    case .clip(let minimum, let maximum):
      try require(
        minimum == 0 && maximum > 0, "expected a Clip from 0 up, found \(minimum) to \(maximum)")
      return try plan(.relu(.init(maximum: maximum)))
    case .elu(let elu, let lambda):
      try require(lambda == 1, "expected a lambda of 1, found \(lambda), which is not supported")
      return try plan(.elu(elu))
    case .sigmoid: return try plan(.sigmoid)
    case .tanh: return try plan(.tanh)
    case .power(let power): return try plan(.power(power))
    case .dropout(let ratio): return try plan(.passThrough(.init(kind: .dropout, rate: ratio)))
    case .flatten(let axis, let endAxis):
      let flatten = Layer.Flatten(
        axis: try canonical(axis, of: input), endAxis: try canonical(endAxis, of: input))
      return try plan(.flatten(flatten))
    case .reshape(let extents, let axis, let axisCount):
      try require(
        axisCount >= -1, "expected a number of axes of 0 or more, or -1, found \(axisCount)")
      try require(
        extents.allSatisfy { $0 >= -1 }, "expected extents of -1 or more, found \(extents)")
      // Here, and here only, −1 is the place after the last axis.
      let first = axis < 0 ? input.rank + axis + 1 : axis
      let reshape = Layer.Reshape(
        extents: extents, axis: first, axisCount: axisCount == -1 ? nil : axisCount)
      return try plan(.reshape(reshape))
    case .softmax(let axis): return try plan(.softmax(.init(axis: try canonical(axis, of: input))))
    case .lrn(let lrn):
      guard let lrn else { throw error("expected a region that Caffe has, found another") }
      return try plan(.localResponseNormalization(lrn))
    case .input, .data, .loss, .sink, .split, .convolution, .pooling, .batchNorm, .scale, .bias,
      .prelu, .eltwise, .concat, .slice, .innerProduct, .axpy, .bn, .affine, .unsupported:
      preconditionFailure("\(layer.type) is planned elsewhere")
    }
  }

  private func planEltwise(
    _ operation: Layer.Elementwise.Operation?, _ coefficients: [Double]
  ) throws(FormatError) -> LayerPlan {
    guard let operation else { throw error("expected PROD, SUM or MAX, found another operation") }
    try require(
      coefficients.isEmpty || operation == .sum,
      "expected coefficients for a sum only, found them for a \(operation)")
    return try plan(.elementwise(.init(operation: operation, coefficients: coefficients)))
  }
}
