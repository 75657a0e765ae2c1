internal import Kernels
internal import ModelGraph
internal import TensorCore

/// The kernels that can compute an operation, with the layouts they read and write.
///
/// They depend on the network, the size of one image and the instruction set; under `isStrict` not
/// on the instruction set either.
struct SelectKernels: Sendable {
  let options: ExecutionOptions
  let kernels: BlockedKernels
  let costs: CostTable
  /// For how many threads steps are cut: more tasks than that keep no processor busier.
  let threadCount: Int

  init(_ options: ExecutionOptions, _ kernels: BlockedKernels, for draft: PlanDraft) {
    self.options = options
    self.kernels = kernels
    costs = CostTable(options.instructionSet).weighing(Self.geometries(in: draft), kernels)
    threadCount = min(options.threadCount, 4 * ThreadPool.availableProcessorCount)
  }

  /// - Throws: `NetworkError` for a layer larger than the kernels can count.
  func candidates(
    for operation: Operation, in draft: PlanDraft
  ) throws(NetworkError) -> [Candidate] {
    let values = Values(operation, draft)
    switch operation.layer {
    case .convolution(let layer): return try convolutions(operation, layer, values)
    case .fullyConnected(let layer): return [dense(operation, layer, values)]
    case .scale(let layer):
      return affine(
        values, layer.axis, scale: .init(layer.scale, 1), shift: layer.bias.map { .constant($0) },
        operation.activation)
    case .bias(let layer):
      return affine(
        values, layer.axis, scale: nil, shift: .init(layer.bias, 1), operation.activation)
    case .activation(.relu(let layer)): return rectifiers(Activation(layer), values)
    case .activation(let function): return functions(function, values)
    case .prelu(let layer): return [prelu(layer, values)]
    case .pooling(let layer): return [pooling(layer, values)]
    case .globalPooling(let layer): return [globalPooling(layer, values)]
    case .elementwise(let layer): return combinations(operation, layer, values)
    case .concatenation(let layer): return concatenations(layer, values)
    case .slice(let layer): return slices(layer, values)
    case .crop(let layer): return crops(layer, values)
    case .zeroPadding(let layer): return paddings(layer, values)
    case .permutation(let layer):
      return [values.plain(Permuted(values.input, axes: layer.axes))]
    case .softmax(let layer):
      let shape = values.input
      return [
        values.plain(
          SoftmaxAlongAxis(
            outer: shape.elementCount(before: layer.axis), extent: shape[layer.axis],
            inner: shape.elementCount(from: layer.axis + 1), isLogarithmic: layer.isLogarithmic))
      ]
    case .localResponseNormalization(let layer):
      return [values.plain(normalization(layer, values.input))]
    case .input, .batchNormalization, .flatten, .reshape, .passThrough:
      preconditionFailure("\(operation.name): an earlier pass replaces \(operation.layer.typeName)")
    }
  }

  /// The shapes of what an operation reads and makes.
  struct Values {
    let inputs: [Shape]
    let outputs: [Shape]

    init(_ operation: Operation, _ draft: PlanDraft) {
      inputs = operation.inputs.map { draft.shapes[$0]! }  // every value has a shape
      outputs = operation.outputs.map { draft.shapes[$0]! }
    }

    /// The first input.
    var input: Shape { inputs[0] }
    /// The first output.
    var output: Shape { outputs[0] }
    /// Whether all can lie in blocks.
    var canBeBlocked: Bool { (inputs + outputs).allSatisfy { $0.rank >= 2 } }

    /// A kernel that reads and writes rows.
    func plain(_ kernel: any Kernel) -> Candidate { candidate(kernel, .plain) }

    /// A kernel that reads and writes blocks.
    func blocked(_ kernel: any Kernel, estimate: Double = 0) -> Candidate {
      candidate(kernel, .blocked, estimate: estimate)
    }

    private func candidate(
      _ kernel: any Kernel, _ layout: Layout, estimate: Double = 0
    ) -> Candidate {
      Candidate(
        kernel, inputs: inputs.map { ValueType($0, layout) },
        outputs: outputs.map { ValueType($0, layout) }, estimate: estimate)
    }

    /// A kernel that sees elements only, in both layouts where lanes past the last channel stay 0.
    func both(keepsZeros: Bool = true, _ kernel: (_ count: Int) -> any Kernel) -> [Candidate] {
      let rows = plain(kernel(output.elementCount))
      guard canBeBlocked, keepsZeros || output[1] % Blocked.channels == 0 else { return [rows] }
      return [rows, blocked(kernel(ValueType(output, .blocked).storageCount))]
    }
  }
}

extension SelectKernels {
  fileprivate func dense(
    _ operation: Operation, _ layer: Layer.FullyConnected, _ values: Values
  ) -> Candidate {
    let (outputs, inputs) = (layer.kernel.shape[0], layer.kernel.shape[1])
    let batch = values.input.elementCount(before: layer.axis)
    let geometry = ConvolutionGeometry(inputs: inputs, outputs: outputs)
    let kernel = BlockedConvolution(
      .dense, geometry,
      LayerWeights(kernel: layer.kernel, bias: layer.bias, folded: operation.folded),
      batch: batch, hasResidual: false, activation: operation.activation, kernels: kernels,
      threadCount: threadCount)
    return Candidate(
      kernel, inputs: [ValueType([batch, inputs], .blocked)],
      outputs: [ValueType([batch, outputs], .blocked)],
      estimate: Double(batch) * costs.direct(geometry))
  }

  fileprivate func rectifiers(_ activation: Activation, _ values: Values) -> [Candidate] {
    // A slope that is no number makes NaN of zeros.
    values.both(keepsZeros: activation.negativeSlope.isFinite && !(activation.maximum < 0)) {
      Rectifier(
        slopes: [activation.negativeSlope], maximum: activation.maximum, rowCount: 1, rowSize: $0)
    }
  }

  fileprivate func functions(_ function: Layer.Activation, _ values: Values) -> [Candidate] {
    let unary = Functions.Unary(function)!  // no rectifier: see above
    var ofZero: [Float] = [1]
    [0].withUnsafeBufferPointer { zero in
      ofZero.withUnsafeMutableBufferPointer { unary.apply(to: zero, into: $0) }
    }
    return values.both(keepsZeros: ofZero[0] == 0) {
      UnaryFunction(name: function.name, function: unary, count: $0)
    }
  }

  fileprivate func prelu(_ layer: Layer.PReLU, _ values: Values) -> Candidate {
    let shape = values.input
    let slopes = layer.slope.floats
    let channels = slopes.count == 1 ? [Float](repeating: slopes[0], count: shape[1]) : slopes
    return values.blocked(
      ChannelAffineKernel(
        function: .slopes(channels.filledUp), batch: shape[0], blocks: Blocked.blocks(shape[1]),
        pixels: shape.elementCount(from: 2)))
  }

  fileprivate func pooling(_ layer: Layer.Pooling, _ values: Values) -> Candidate {
    let (shape, output) = (values.input, values.output)
    let windows = Windows(layer, from: shape, to: output)
    let kind = KernelTable.PoolingKind(layer)
    guard layer.dilation == Extent(1) else {
      return values.plain(
        DilatedPooling(windows: windows, kind: kind, planes: shape[0] * shape[1]))
    }
    if windows.isWholePlane, kind != .maximum { return values.blocked(average(shape)) }
    return values.blocked(
      BlockedPooling(
        windows, kind, batch: shape[0], channels: shape[1], threadCount: threadCount))
  }

  fileprivate func globalPooling(_ layer: Layer.GlobalPooling, _ values: Values) -> Candidate {
    let shape = values.input
    if layer.kind == .average { return values.blocked(average(shape)) }
    let plane = Windows.Size(height: 1, width: shape.elementCount(from: 2))
    let unit = Windows.Size(height: 1, width: 1)
    let none = Windows.Size(height: 0, width: 0)
    let windows = Windows(
      input: plane, output: unit, kernel: plane, stride: unit, dilation: unit,
      leadingPadding: none, trailingPadding: none)
    return values.blocked(
      BlockedPooling(
        windows, .maximum, batch: shape[0], channels: shape[1], threadCount: threadCount))
  }

  private func average(_ shape: Shape) -> PlaneAverage {
    PlaneAverage(
      planes: shape[0] * Blocked.blocks(shape[1]), pixels: shape.elementCount(from: 2))
  }

  fileprivate func combinations(
    _ operation: Operation, _ layer: Layer.Elementwise, _ values: Values
  ) -> [Candidate] {
    let combination = KernelTable.Combination(layer, inputCount: values.inputs.count)
    func kernel(_ count: Int) -> Combination {
      Combination(
        combination: combination, inputCount: values.inputs.count, count: count,
        activation: operation.activation)
    }
    guard values.inputs.contains(where: { $0 != values.output }) else {
      var isFinite = operation.activation.negativeSlope.isFinite
      if case .sum(let coefficients) = combination {
        isFinite = isFinite && coefficients.allSatisfy(\.isFinite)
      }
      return values.both(keepsZeros: isFinite && !(operation.activation.maximum < 0), kernel)
    }
    let rows = values.plain(
      BroadcastCombination(
        combination: kernel(values.output.elementCount), shape: values.output,
        strides: values.inputs.map { $0.strides(broadcastTo: values.output) }))
    return [rows] + combinationsByChannel(combination, values, operation.activation)
  }

  /// One image and one number for each of its channels: the gate of a squeeze and excitation.
  private func combinationsByChannel(
    _ combination: KernelTable.Combination, _ values: Values, _ activation: Activation
  ) -> [Candidate] {
    let shape = values.output
    guard values.inputs.count == 2, values.canBeBlocked, activation.negativeSlope.isFinite,
      let data = values.inputs.firstIndex(of: shape)
    else { return [] }
    let other = values.inputs[1 - data]
    guard other[0] == shape[0], other[1] == shape[1], other.elementCount(from: 2) == 1 else {
      return []
    }
    let operand = ChannelAffineKernel.Operand.input(1 - data)
    let function: ChannelAffineKernel.Function
    switch combination {
    case .product: function = .affine(scale: operand, shift: nil, activation)
    case .sum(coefficients: [1, 1]): function = .affine(scale: nil, shift: operand, activation)
    case .sum, .maximum, .minimum: return []
    }
    return [
      values.blocked(
        ChannelAffineKernel(
          function: function, data: data, batch: shape[0], blocks: Blocked.blocks(shape[1]),
          pixels: shape.elementCount(from: 2)))
    ]
  }

  fileprivate func normalization(
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

extension [Float] {
  /// The numbers of channels with zeros up to the next whole block.
  var filledUp: [Float] {
    self + [Float](repeating: 0, count: Blocked.count(channels: count, pixels: 1) - count)
  }
}
