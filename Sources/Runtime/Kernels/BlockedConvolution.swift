internal import Kernels

/// A convolution or fully connected layer that adds its products term by term, over blocks.
struct BlockedConvolution: Kernel {
  /// Which kernel computes it.
  enum Form: String, Sendable {
    /// Any convolution.
    case direct
    /// The stem: reads few channels in planes.
    case planar
    /// Each channel by itself.
    case depthwise
    /// Fully connected: one pixel.
    case dense
  }

  let form: Form
  let geometry: ConvolutionGeometry
  let weights: LayerWeights
  let hasResidual: Bool
  let activation: Activation
  let kernels: BlockedKernels
  private let split: Split
  private let packedCount: Int
  let scratchCount: Int

  init(
    _ form: Form, _ geometry: ConvolutionGeometry, _ weights: LayerWeights, batch: Int,
    hasResidual: Bool, activation: Activation, kernels: BlockedKernels, threadCount: Int
  ) {
    self.form = form
    self.geometry = geometry
    self.weights = weights
    self.hasResidual = hasResidual
    self.activation = activation
    self.kernels = kernels
    switch form {
    case .direct, .dense: packedCount = kernels.packedCount(of: geometry)
    case .planar: packedCount = kernels.planarPackedCount(of: geometry)
    case .depthwise: packedCount = kernels.depthwisePackedCount(of: geometry)
    }
    switch form {
    case .direct: scratchCount = kernels.scratchCount(of: geometry)
    case .planar: scratchCount = kernels.planarScratchCount(of: geometry)
    case .depthwise, .dense: scratchCount = 0
    }
    split = Split(
      images: batch, rows: geometry.windows.output.height,
      panels: form == .depthwise
        ? Blocked.blocks(geometry.outputChannels) : kernels.panelCount(of: geometry),
      inputCount: batch * geometry.inputCount, weightCount: packedCount, threadCount: threadCount)
  }

  var name: String {
    switch form {
    case .depthwise: form.rawValue
    case .direct, .planar, .dense: "\(form.rawValue), panels of \(kernels.widestPanel)"
    }
  }
  /// Lanes past the last channel add zeros, which round nothing.
  var additionChain: Int {
    geometry.depth + (weights.bias == nil ? 0 : 1) + (hasResidual ? 1 : 0)
  }
  var taskCount: Int { split.taskCount }
  var weightCount: Int { weights.biasCount + (packedCount + 15) / 16 * 16 }

  func pack(into memory: UnsafeMutableBufferPointer<Float>, with packer: Packer) {
    weights.pack(into: memory, panels: split.panels, with: packer) {
      switch form {
      case .direct, .dense:
        packer.kernels.packConvolution($0, factors: $1, geometry, panels: $2, into: $3)
      case .planar: packer.kernels.packPlanar($0, factors: $1, geometry, panels: $2, into: $3)
      case .depthwise:
        packer.kernels.packDepthwise($0, factors: $1, geometry, blocks: $2, into: $3)
      }
    }
  }

  func run(task: Int, _ values: StepValues, _ worker: Worker) {
    let packed = values.weights.part(weights.biasCount..<values.weights.count)
    let epilogue = Epilogue(
      bias: weights.bias(in: values.weights), residual: hasResidual ? values.inputs.last : nil,
      activation: activation)
    let (x, y, part) = (values.inputs[0], values.outputs[0], split[task])
    switch form {
    case .direct:
      worker.kernels.convolve(
        x, with: packed, geometry, epilogue, part, scratch: worker.scratch, into: y)
    case .planar:
      worker.kernels.convolvePlanar(
        x, with: packed, geometry, epilogue, part, scratch: worker.scratch, into: y)
    case .depthwise:
      worker.kernels.convolveDepthwise(x, with: packed, geometry, epilogue, part, into: y)
    case .dense: worker.kernels.multiplyDense(x, with: packed, geometry, epilogue, part, into: y)
    }
  }
}
