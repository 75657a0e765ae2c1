internal import Kernels
internal import TensorCore

/// What kernels cost on one thread, by instruction set: measured once, never when a plan is made.
///
/// The estimates decide which algorithm computes a convolution. The choice does not depend on the
/// number of images or threads. `Tests/CKernelTests/Bench/RECORD.md` tells what was measured, and
/// where another choice would have been faster.
struct CostTable: Sendable {
  /// Billions of operations per second of fused multiply-adds in registers.
  let gigaflops: Double
  /// The part of it that direct convolution reaches, short rows and narrow layers included.
  let direct: Double
  /// The part that convolution of planes reaches.
  let planar: Double
  /// The part that depthwise convolution reaches: each product loads its input.
  let depthwise: Double
  /// The part that the products of Winograd's tiles reach.
  let winograd: Double
  /// Bytes per nanosecond of transforms of tiles, of what is read and written.
  let transforms: Double
  /// Bytes per nanosecond of weights, which come from memory in each run.
  let memory: Double
  /// Bytes per nanosecond of activations; what is written is read before.
  let cache: Double
  /// Nanoseconds until a convolution's first weights and inputs are there.
  let start: Double

  /// Weights of F(4×4) that cost nothing, in bytes.
  private static let freeWeights = 4.0 * 1024 * 1024
  /// Nanoseconds that each further byte must save: less than F(4×4) saves at 15 × 15 × 256, more
  /// than at 14 × 14 × 256: the 36 layers of ResNet-152 there would bring its weights from 344 to
  /// 533 MB.
  var priceOfWeights = 0.08
  /// F(2×2) is more exact and smaller: what F(4×4) saves must be more than this part of its time.
  private static let leastSaving = 0.05

  init(_ instructionSet: InstructionSet) {
    switch instructionSet {
    case .scalar:  // guessed: no choice was measured
      self.init(
        gigaflops: 4, direct: 0.9, planar: 0.9, depthwise: 0.5, winograd: 0.9, transforms: 1,
        memory: 10, cache: 10, start: 2000)
    case .avx2:  // fitted to measurements on an EPYC 7003, November 2026
      self.init(
        gigaflops: 97, direct: 0.94, planar: 0.95, depthwise: 0.32, winograd: 0.88,
        transforms: 46, memory: 16, cache: 40, start: 1400)
    case .avx512:
      // Derived, not measured, from a prototype on a Sapphire Rapids: F(4×4) won at 56 and 28,
      // F(2×2) was as fast at 14, direct won at 7, for which weights must come at 8 GB/s.
      self.init(
        gigaflops: 140, direct: 0.88, planar: 0.75, depthwise: 0.3, winograd: 0.80,
        transforms: 40, memory: 8, cache: 45, start: 1500)
    }
  }

  private init(
    gigaflops: Double, direct: Double, planar: Double, depthwise: Double, winograd: Double,
    transforms: Double, memory: Double, cache: Double, start: Double
  ) {
    self.gigaflops = gigaflops
    self.direct = direct
    self.planar = planar
    self.depthwise = depthwise
    self.winograd = winograd
    self.transforms = transforms
    self.memory = memory
    self.cache = cache
    self.start = start
  }

  /// Nanoseconds of a convolution of one image that adds term by term.
  func direct(_ geometry: ConvolutionGeometry) -> Double {
    let outputs = Blocked.count(channels: geometry.outputChannels, pixels: 1)
    let inputs = Blocked.count(channels: geometry.inputChannels / geometry.groups, pixels: 1)
    let depth = Double(inputs) * Double(geometry.windows.kernel.count)
    return products(
      Double(outputs) * Double(geometry.windows.output.count) * depth, at: direct,
      weights: Double(outputs) * depth)
  }

  /// Nanoseconds of a convolution that reads planes: a few channels do not hide what it writes.
  func planar(_ geometry: ConvolutionGeometry) -> Double {
    let outputs = Double(Blocked.count(channels: geometry.outputChannels, pixels: 1))
    let pixels = Double(geometry.windows.output.count)
    let depth = Double(geometry.depth)
    let bytes = 4 * (Double(geometry.inputCount) + 2 * outputs * pixels)
    return products(outputs * pixels * depth, at: planar, weights: outputs * depth)
      + bytes / cache
  }

  /// Nanoseconds of a depthwise convolution.
  func depthwise(_ geometry: ConvolutionGeometry) -> Double {
    let products = Double(geometry.outputCount) * Double(geometry.windows.kernel.count)
    let bytes = 4 * Double(geometry.inputCount + geometry.outputCount)
    return max(2 * products / (gigaflops * depthwise), bytes / cache)
  }

  /// Nanoseconds of Winograd's convolution of one image; infinite for a tile of 4 that saves too
  /// little beside one of 2.
  func winograd(
    _ geometry: ConvolutionGeometry, tile: Int, kernels: BlockedKernels
  ) -> Double {
    let time = transformed(geometry, tile: tile, kernels: kernels)
    guard tile == 4 else { return time }
    let saved = transformed(geometry, tile: 2, kernels: kernels) - time
    let bytes = 4 * Double(kernels.winogradPackedCount(of: geometry, tile: tile))
    let price = priceOfWeights * max(bytes - Self.freeWeights, 0)
    return saved > max(price, Self.leastSaving * time) ? time : .infinity
  }

  private func transformed(
    _ geometry: ConvolutionGeometry, tile: Int, kernels: BlockedKernels
  ) -> Double {
    let tiles = Double(kernels.tileCount(of: geometry, tile: tile))
    let elements = Double((tile + 2) * (tile + 2))
    let inputs = Double(Blocked.count(channels: geometry.inputChannels, pixels: 1))
    let outputs = Double(Blocked.count(channels: geometry.outputChannels, pixels: 1))
    let multiplying = products(
      tiles * elements * inputs * outputs, at: winograd, weights: elements * inputs * outputs)
    let moved = 4 * tiles * (2 * elements * inputs + (elements + Double(tile * tile)) * outputs)
    return multiplying + moved / transforms
  }

  /// Nanoseconds of moving a value from one layout to the other.
  func moving(_ type: ValueType) -> Double {
    12 * Double(type.shape.elementCount) / cache
  }

  private func products(
    _ products: Double, at efficiency: Double, weights: Double
  ) -> Double {
    start + max(2 * products / (gigaflops * efficiency), 4 * weights / memory)
  }
}
