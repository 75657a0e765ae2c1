internal import Kernels
internal import ModelGraph
internal import TensorCore

/// Chooses the kernel of each operation and how it is cut into tasks.
///
/// The choice depends on the layer and the size of one image only: see `Kernel`.
enum SelectKernels {
  /// - Throws: `NetworkError` for a layer larger than the kernels can count.
  static func apply(to draft: PlanDraft) throws(NetworkError) -> [Step] {
    var steps: [Step] = []
    for operation in draft.operations {
      if case .input = operation.layer { continue }
      if case .convolution(let layer) = operation.layer {
        steps += try SelectConvolution.steps(operation, layer, in: draft)
        continue
      }
      var depth = 0
      if case .fullyConnected(let layer) = operation.layer { depth = layer.kernel.shape[1] }
      steps.append(
        try Step(operation, kernel(for: operation, in: draft), in: draft, depth: depth))
    }
    return steps
  }

  private static func kernel(for operation: Operation, in draft: PlanDraft) -> any Kernel {
    let inputs = operation.inputs.map { draft.shapes[$0]! }  // every value has a shape
    let shape = inputs[0]
    let count = shape.elementCount
    switch operation.layer {
    case .scale(let layer):
      let operand = layer.scale?.shape ?? inputs[1]
      return affine(
        shape, operand, layer.axis, scale: layer.scale.map(constant) ?? .input(1),
        shift: layer.bias.map(constant), operation.activation)
    case .bias(let layer):
      return affine(
        shape, layer.bias?.shape ?? inputs[1], layer.axis, scale: nil,
        shift: layer.bias.map(constant) ?? .input(1), operation.activation)
    case .activation(.relu(let layer)):
      let activation = Activation(layer)
      return Rectifier(
        slopes: [activation.negativeSlope], maximum: activation.maximum, rowCount: 1,
        rowSize: count)
    case .activation(let function):
      return UnaryFunction(
        name: function.name, function: Functions.Unary(function)!,  // no rectifier: see above
        count: count)
    case .prelu(let layer):
      return Rectifier(
        slopes: layer.slope.floats, maximum: .infinity, rowCount: shape[0] * shape[1],
        rowSize: shape.elementCount(from: 2))
    case .pooling(let layer):
      let windows = Windows(layer, from: shape, to: draft.shapes[operation.outputs[0]]!)
      if windows.isWholePlane, layer.dilation == Extent(1) {
        return PlanePooling(
          takesMaximum: layer.kind == .maximum, planes: shape[0] * shape[1],
          planeSize: windows.input.count)
      }
      guard layer.dilation == Extent(1) else {
        return DilatedPooling(
          windows: windows, kind: KernelTable.PoolingKind(layer), planes: shape[0] * shape[1])
      }
      return WindowPooling(
        windows: windows, kind: KernelTable.PoolingKind(layer), planes: shape[0] * shape[1])
    case .globalPooling(let layer):
      return PlanePooling(
        takesMaximum: layer.kind == .maximum, planes: shape[0] * shape[1],
        planeSize: shape.elementCount(from: 2))
    case .elementwise(let layer):
      let output = draft.shapes[operation.outputs[0]]!
      let combination = Combination(
        combination: KernelTable.Combination(layer, inputCount: inputs.count),
        inputCount: inputs.count, count: output.elementCount, activation: operation.activation)
      guard inputs.contains(where: { $0 != output }) else { return combination }
      return BroadcastCombination(
        combination: combination, shape: output,
        strides: inputs.map { $0.strides(broadcastTo: output) })
    case .concatenation(let layer):
      return AxisCopy(
        direction: .concatenation, outer: shape.elementCount(before: layer.axis),
        widths: inputs.map { $0.elementCount(from: layer.axis) })
    case .slice(let layer):
      return AxisCopy(
        direction: .slice, outer: shape.elementCount(before: layer.axis),
        widths: operation.outputs.map { draft.shapes[$0]!.elementCount(from: layer.axis) })
    case .crop(let layer):
      return Cropped(
        outer: shape.elementCount(before: layer.axis), extent: shape[layer.axis],
        elements: layer.elements(of: shape[layer.axis]),
        inner: shape.elementCount(from: layer.axis + 1))
    case .zeroPadding(let layer):
      let output = draft.shapes[operation.outputs[0]]!
      return Padded(
        batch: shape[0], inputChannels: shape[1], outputChannels: output[1],
        channelsBefore: layer.channelsBefore, input: Windows.Size(shape),
        output: Windows.Size(output), top: layer.spatial.top, left: layer.spatial.left,
        value: Float(layer.value))
    case .permutation(let layer): return Permuted(shape, axes: layer.axes)
    case .fullyConnected(let layer):
      return FullyConnectedProduct(
        kernel: FloatArray(layer.kernel), bias: layer.bias.map(FloatArray.init),
        batch: shape.elementCount(before: layer.axis), inputs: layer.kernel.shape[1],
        outputs: layer.kernel.shape[0], activation: operation.activation)
    case .softmax(let layer):
      return SoftmaxAlongAxis(
        outer: shape.elementCount(before: layer.axis), extent: shape[layer.axis],
        inner: shape.elementCount(from: layer.axis + 1), isLogarithmic: layer.isLogarithmic)
    case .localResponseNormalization(let layer): return normalization(layer, shape)
    case .input, .convolution, .batchNormalization, .flatten, .reshape, .passThrough:
      preconditionFailure("\(operation.name): an earlier pass replaces \(operation.layer.typeName)")
    }
  }

  private static func constant(_ tensor: Tensor) -> Affine.Operand { .constant(FloatArray(tensor)) }

  private static func affine(
    _ shape: Shape, _ operand: Shape, _ axis: Int, scale: Affine.Operand?, shift: Affine.Operand?,
    _ activation: Activation
  ) -> Affine {
    // One element broadcasts over everything, whatever the axis says.
    let isScalar = operand.elementCount == 1
    return Affine(
      scale: scale, shift: shift, outer: isScalar ? 1 : shape.elementCount(before: axis),
      count: operand.elementCount,
      inner: isScalar ? shape.elementCount : shape.elementCount(from: axis + operand.rank),
      activation: activation)
  }

  private static func normalization(
    _ layer: Layer.LocalResponseNormalization, _ shape: Shape
  ) -> any Kernel {
    switch layer.region {
    case .acrossChannels:
      return ChannelNormalization(
        rule: .init(size: layer.size, alpha: layer.alpha, beta: layer.beta, k: layer.k),
        batch: shape[0], channels: shape[1], planeSize: shape.elementCount(from: 2))
    case .withinChannel:
      return PlaneNormalization(
        size: layer.size, alpha: layer.alpha, beta: layer.beta, planes: shape[0] * shape[1],
        planeSize: shape.elementCount(from: 2), width: shape[3])
    }
  }
}

extension Step {
  /// A step that computes one operation.
  ///
  /// - Parameter depth: how many products each output element sums; 0 where it sums none.
  /// - Throws: `NetworkError` where the products are too many to count.
  init(
    _ operation: Operation, _ kernel: any Kernel, in draft: PlanDraft, depth: Int
  ) throws(NetworkError) {
    name = operation.name
    fusedLayers = operation.fusedLayers
    inputs = operation.inputs
    inputShapes = operation.inputs.map { draft.shapes[$0]! }  // every value has a shape
    outputs = operation.outputs
    outputShapes = operation.outputs.map { draft.shapes[$0]! }
    let (products, overflow) = outputShapes[0].elementCount.multipliedReportingOverflow(by: depth)
    guard !overflow else {
      throw NetworkError(layer: name, "the products for \(outputShapes[0]) are too many to count")
    }
    multiplyAccumulates = products
    self.kernel = kernel
  }
}

extension Step {
  /// This step behind one that unfolds its first input into `columns`.
  func unfolding(with unfold: Unfold, into shape: Shape, named columns: String) -> [Step] {
    let before = Step(
      name: name, fusedLayers: [], inputs: [inputs[0]], inputShapes: [inputShapes[0]],
      outputs: [columns], outputShapes: [shape], multiplyAccumulates: 0, kernel: unfold)
    let product = Step(
      name: name, fusedLayers: fusedLayers, inputs: [columns] + inputs.dropFirst(),
      inputShapes: [shape] + inputShapes.dropFirst(), outputs: outputs,
      outputShapes: outputShapes, multiplyAccumulates: multiplyAccumulates, kernel: kernel)
    return [before, product]
  }
}
