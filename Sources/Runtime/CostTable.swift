internal import Kernels
internal import TensorCore

/// What kernels cost on one thread, by instruction set: measured once, never when a plan is made.
///
/// Only ratios matter: they decide which algorithm computes a convolution. They do not depend on the
/// number of images or threads.
struct CostTable: Sendable {
  /// Billions of operations per second of fused multiply-adds in registers.
  let gigaflops: Double
  /// The part of it that direct convolution reaches with full tiles.
  let direct: Double
  /// The part that convolution of planes reaches.
  let planar: Double
  /// The part that the products of Winograd's tiles reach.
  let winograd: Double
  /// Bytes per nanosecond of transforms of tiles, of what is read and written.
  let transforms: Double
  /// Bytes per nanosecond of weights, which come from memory in each run.
  let memory: Double
  /// Bytes per nanosecond of what the last step wrote.
  let cache: Double

  init(_ instructionSet: InstructionSet) {
    switch instructionSet {
    case .scalar:
      self.init(
        gigaflops: 4, direct: 0.9, planar: 0.9, winograd: 0.9, transforms: 1, memory: 10,
        cache: 10)
    case .avx2:
      self.init(
        gigaflops: 97, direct: 0.90, planar: 0.75, winograd: 0.85, transforms: 12, memory: 12,
        cache: 25)
    case .avx512:
      self.init(
        gigaflops: 150, direct: 0.88, planar: 0.70, winograd: 0.80, transforms: 16, memory: 12,
        cache: 30)
    }
  }

  private init(
    gigaflops: Double, direct: Double, planar: Double, winograd: Double, transforms: Double,
    memory: Double, cache: Double
  ) {
    self.gigaflops = gigaflops
    self.direct = direct
    self.planar = planar
    self.winograd = winograd
    self.transforms = transforms
    self.memory = memory
    self.cache = cache
  }

  /// Nanoseconds of a convolution that adds term by term.
  func direct(_ geometry: ConvolutionGeometry, batch: Int) -> Double {
    let outputs = Blocked.count(channels: geometry.outputChannels, pixels: 1)
    let inputs = Blocked.count(channels: geometry.inputChannels / geometry.groups, pixels: 1)
    let depth = Double(inputs) * Double(geometry.windows.kernel.count)
    return products(
      Double(outputs) * Double(geometry.windows.output.count) * depth, batch, at: direct,
      weights: Double(outputs) * depth)
  }

  /// Nanoseconds of a convolution that reads planes.
  func planar(_ geometry: ConvolutionGeometry, batch: Int) -> Double {
    let outputs = Double(Blocked.count(channels: geometry.outputChannels, pixels: 1))
    let depth = Double(geometry.depth)
    return products(
      outputs * Double(geometry.windows.output.count) * depth, batch, at: planar,
      weights: outputs * depth)
  }

  /// Nanoseconds of a depthwise convolution: it waits for its input.
  func depthwise(_ geometry: ConvolutionGeometry, batch: Int) -> Double {
    let products = Double(geometry.outputCount) * Double(geometry.windows.kernel.count)
    let bytes = 4 * Double(geometry.inputCount + geometry.outputCount)
    return Double(batch) * max(2 * products / gigaflops * 4, bytes / cache)
  }

  /// Nanoseconds of Winograd's convolution of one image.
  func winograd(
    _ geometry: ConvolutionGeometry, tile: Int, kernels: BlockedKernels
  ) -> Double {
    let tiles = Double(kernels.tileCount(of: geometry, tile: tile))
    let elements = Double((tile + 2) * (tile + 2))
    let inputs = Double(Blocked.count(channels: geometry.inputChannels, pixels: 1))
    let outputs = Double(Blocked.count(channels: geometry.outputChannels, pixels: 1))
    let multiplying = products(
      tiles * elements * inputs * outputs, 1, at: winograd, weights: elements * inputs * outputs)
    let moved = 4 * tiles * (2 * elements * inputs + (elements + Double(tile * tile)) * outputs)
    return multiplying + moved / transforms
  }

  /// Nanoseconds of moving a value from one layout to the other.
  func moving(_ type: ValueType) -> Double {
    8 * Double(type.shape.elementCount) / cache
  }

  private func products(
    _ products: Double, _ batch: Int, at efficiency: Double, weights: Double
  ) -> Double {
    max(2 * products * Double(batch) / (gigaflops * efficiency), 4 * weights / memory)
  }
}
