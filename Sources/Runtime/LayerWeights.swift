internal import Kernels
internal import ModelGraph
internal import TensorCore

/// Weights of a convolution or fully connected layer, with what was folded into them.
struct LayerWeights: Sendable {
  /// `[output channels, …]`, as the model holds it.
  let kernel: Tensor
  /// By output channel, multiplied into the kernel while it is packed; nil for ones.
  let factors: [Double]?
  /// `[output channels]`, complete.
  let bias: [Float]?

  init(kernel: Tensor, bias: Tensor?, folded: ChannelAffine?) {
    guard let folded else {
      self.kernel = kernel
      factors = nil
      self.bias = bias?.floats
      return
    }
    // float32 kernels are scaled while they are packed, rounded once; so are these, here.
    let isFloat = kernel.elementType == .float32
    self.kernel = isFloat ? kernel : folded.scaling(kernel)
    factors = isFloat ? folded.factors : nil
    self.bias = folded.addends.map { Float($0) }
  }

  /// The same for a step that leaves the bias to another.
  var withoutBias: LayerWeights { LayerWeights(kernel: kernel, factors: factors, bias: nil) }

  private init(kernel: Tensor, factors: [Double]?, bias: [Float]?) {
    (self.kernel, self.factors, self.bias) = (kernel, factors, bias)
  }

  /// The kernel with its factors.
  var scaledKernel: Tensor {
    guard let factors else { return kernel }
    let zeros = [Double](repeating: 0, count: factors.count)
    return ChannelAffine(factors: factors, addends: zeros).scaling(kernel)
  }

  /// Floats of the bias in front of packed weights.
  var biasCount: Int { bias.map { Blocked.count(channels: $0.count, pixels: 1) } ?? 0 }

  /// The bias in memory that begins with it.
  func bias(in memory: UnsafeBufferPointer<Float>) -> UnsafeBufferPointer<Float>? {
    bias == nil ? nil : memory.part(0..<biasCount)
  }

  /// Writes the bias and calls `pack` for parts of `count` panels, from several threads at once; the
  /// pages of the file that held the kernel are given back.
  func pack(
    into memory: UnsafeMutableBufferPointer<Float>, panels count: Int, with packer: Packer,
    _ pack: (
      _ kernel: UnsafeBufferPointer<Float>, _ factors: UnsafeBufferPointer<Double>?,
      _ panels: Range<Int>, _ packed: UnsafeMutableBufferPointer<Float>
    ) -> Void
  ) {
    for (index, element) in (bias ?? []).enumerated() { memory[index] = element }
    let packed = memory.part(biasCount..<memory.count)
    let parts = min(count, 4 * packer.pool.threadCount)
    let stored = kernel.storedBytes
    kernel.withFloats { elements in
      func run(_ factors: UnsafeBufferPointer<Double>?) {
        packer.pool.run(taskCount: parts) { task, _ in
          let panels = even(count, parts, task)
          pack(elements, factors, panels, packed)
          // About what it read: what another still needs is only read from the file again.
          stored?.part(panels, of: count).discardPages()
        }
      }
      if let factors { factors.withUnsafeBufferPointer { run($0) } } else { run(nil) }
    }
    if stored == nil { kernel.discardPages() }
  }
}

extension Bytes {
  /// Some of `count` equal parts.
  fileprivate func part(_ parts: Range<Int>, of total: Int) -> Bytes {
    let (start, end) = (count * parts.lowerBound / total, count * parts.upperBound / total)
    return slice(from: start, count: end - start)!  // within: the parts are
  }
}
