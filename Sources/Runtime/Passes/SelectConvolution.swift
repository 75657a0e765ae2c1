internal import Kernels
internal import ModelGraph
internal import TensorCore

/// The kernels that can compute a convolution.
extension SelectKernels {
  /// Up to this many channels a convolution reads planes: in blocks most lanes would be empty.
  private static let planarChannels = 7
  /// Floats of weights that stay in the second cache: 512 KiB.
  private static let cachedWeights = 1 << 17

  func convolutions(
    _ operation: Operation, _ layer: Layer.Convolution, _ values: Values
  ) throws(NetworkError) -> [Candidate] {
    let input = values.input
    let geometry = ConvolutionGeometry(layer, from: input, to: values.output)
    let weights = LayerWeights(kernel: layer.kernel, bias: layer.bias, folded: operation.folded)
    if options.gemm == .openBLAS, !(layer.groups > 1 && layer.groups == input[1]) {
      return [try product(operation, geometry, weights, values)]
    }
    // The choice must not depend on the batch: costs are those of one image.
    let batch = Double(input[0])
    func term(_ form: BlockedConvolution.Form, estimate: Double) -> Candidate {
      let kernel = BlockedConvolution(
        form, geometry, weights, batch: input[0], hasResidual: operation.addsLastInput,
        activation: operation.activation, kernels: kernels, threadCount: threadCount)
      var candidate = values.blocked(kernel, estimate: estimate)
      if form == .planar { candidate = candidate.readingRows }
      return candidate
    }
    if geometry.isDepthwise {
      return [term(.depthwise, estimate: batch * costs.depthwise(geometry))]
    }
    if layer.groups == 1, input[1] <= Self.planarChannels {
      return [term(.planar, estimate: batch * costs.planar(geometry))]
    }
    let direct = term(.direct, estimate: batch * costs.direct(geometry))
    guard geometry.isWinogradShape, !options.isStrict else { return [direct] }
    return [direct] + [2, 4].map { winograd($0, operation, geometry, weights, values) }
  }

  /// The convolutions of a draft.
  static func geometries(in draft: PlanDraft) -> [ConvolutionGeometry] {
    draft.operations.compactMap { operation in
      guard case .convolution(let layer) = operation.layer else { return nil }
      let values = Values(operation, draft)
      return ConvolutionGeometry(layer, from: values.input, to: values.output)
    }
  }

  private func winograd(
    _ tile: Int, _ operation: Operation, _ geometry: ConvolutionGeometry,
    _ weights: LayerWeights, _ values: Values
  ) -> Candidate {
    let problem = WinogradProblem(
      geometry: geometry, tile: tile, batch: values.input[0], kernels: kernels)
    let estimate =
      costs.winograd(geometry, tile: tile, kernels: kernels) * Double(values.input[0])
    let threads = threadCount
    let batch = kernels.tileBatch(of: geometry, tile: tile)
    let parts = (problem.tiles + batch - 1) / batch
    // Each thread takes tiles of its own and reads all weights, unless there are few tiles and the
    // weights do not stay in a cache: then threads share each of the three steps.
    let isHeavy =
      problem.packedCount > Self.cachedWeights
      && problem.packedCount > problem.inputCount + problem.outputCount
    if threads == 1 || parts >= threads || !isHeavy {
      let tasks = (parts + threads - 1) / threads * threads
      return values.blocked(
        WinogradConvolution(
          problem: problem, weights: weights, hasResidual: operation.addsLastInput,
          activation: operation.activation,
          taskCount: threads == 1 ? 1 : min(tasks, problem.tiles)),
        estimate: estimate)
    }
    func tasks(_ count: Int) -> Int { min(count, 2 * threads) }
    let (inputs, outputs) = (geometry.inputChannels, geometry.outputChannels)
    var candidate = values.blocked(
      WinogradOutput(
        problem: problem, bias: weights, hasResidual: operation.addsLastInput,
        activation: operation.activation, taskCount: tasks(Blocked.blocks(outputs))))
    candidate.preparations = [
      .init(
        kernel: WinogradInput(problem: problem, taskCount: tasks(Blocked.blocks(inputs))),
        suffix: "tiles", count: problem.inputCount),
      .init(
        kernel: WinogradMultiplication(
          problem: problem, weights: weights.withoutBias,
          taskCount: tasks(kernels.panelCount(of: geometry))),
        suffix: "products", count: problem.outputCount, estimate: estimate),
    ]
    candidate.multiplyingStage = 1
    return candidate
  }
}

extension Candidate {
  /// The same with a first input in rows.
  fileprivate var readingRows: Candidate {
    let first = ValueType(inputs[0].shape, .plain)
    return Candidate(
      kernel, inputs: [first] + inputs.dropFirst(), outputs: outputs, estimate: estimate)
  }
}

extension ConvolutionGeometry {
  init(_ layer: Layer.Convolution, from input: Shape, to output: Shape) {
    self.init(
      inputChannels: input[1], outputChannels: output[1], groups: layer.groups,
      windows: Windows(layer, from: input, to: output))
  }
}

extension Windows {
  init(_ layer: Layer.Convolution, from input: Shape, to output: Shape) {
    self.init(
      input: Size(input), output: Size(output),
      kernel: Size(height: layer.kernel.shape[2], width: layer.kernel.shape[3]),
      stride: Size(layer.stride), dilation: Size(layer.dilation),
      leadingPadding: Size(height: layer.padding.top, width: layer.padding.left),
      trailingPadding: Size(height: layer.padding.bottom, width: layer.padding.right))
  }

  init(_ layer: Layer.Pooling, from input: Shape, to output: Shape) {
    self.init(
      input: Size(input), output: Size(output), kernel: Size(layer.kernel),
      stride: Size(layer.stride), dilation: Size(layer.dilation),
      leadingPadding: Size(height: layer.padding.top, width: layer.padding.left),
      trailingPadding: Size(height: layer.padding.bottom, width: layer.padding.right))
  }
}

extension Windows.Size {
  /// The planes of an image, [batch, channels, height, width].
  init(_ shape: Shape) { self.init(height: shape[2], width: shape[3]) }

  init(_ extent: Extent) { self.init(height: extent.height, width: extent.width) }
}

extension KernelTable.PoolingKind {
  init(_ layer: Layer.Pooling) {
    switch (layer.kind, layer.divisor) {
    case (.maximum, _): self = .maximum
    case (.average, .paddedWindow): self = .averageOfPaddedWindow
    case (.average, .imageWindow): self = .averageOfImageWindow
    }
  }
}

extension KernelTable.Combination {
  init(_ layer: Layer.Elementwise, inputCount: Int) {
    switch layer.operation {
    case .sum:
      self = .sum(
        coefficients: layer.coefficients.isEmpty
          ? [Float](repeating: 1, count: inputCount) : layer.coefficients.map { Float($0) })
    case .product: self = .product
    case .maximum: self = .maximum
    case .minimum: self = .minimum
    }
  }
}
