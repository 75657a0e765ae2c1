internal import Kernels

/// What computes one step: chosen when planning, immutable, called from several threads at once.
///
/// A step is cut into tasks that write disjoint parts of its outputs. Whatever the cut, the bits are
/// the same; so they do not depend on the number of threads or images.
protocol Kernel: Sendable {
  /// The kernel's name in a printed plan, with what it was tuned to.
  var name: String { get }
  /// The longest chain of float32 additions behind one element of the output; an upper bound.
  ///
  /// A sum kept in Double counts as one addition: it is rounded to Float once.
  var additionChain: Int { get }
  /// Outputs of a tile of Winograd's along each side; nil for kernels that add term by term.
  var winogradTile: Int? { get }
  /// Into how many independent tasks the step is cut.
  var taskCount: Int { get }
  /// How many floats of working memory each worker needs.
  var scratchCount: Int { get }
  /// How many floats of weights it packs, a multiple of 16.
  var weightCount: Int { get }
  /// The inputs whose memory the output may take, because each element is read before its place
  /// is written.
  var overwritableInputs: [Int] { get }
  /// Whether its tasks need `Worker.product`.
  var multipliesMatrices: Bool { get }
  /// Writes its weights; the memory is zero before.
  func pack(into memory: UnsafeMutableBufferPointer<Float>, with packer: Packer)
  /// Computes one task.
  func run(task: Int, _ values: StepValues, _ worker: Worker)
}

extension Kernel {
  var winogradTile: Int? { nil }
  var scratchCount: Int { 0 }
  var weightCount: Int { 0 }
  var overwritableInputs: [Int] { [] }
  var multipliesMatrices: Bool { false }
  func pack(into memory: UnsafeMutableBufferPointer<Float>, with packer: Packer) {}
}

/// The memory that one step reads and writes.
struct StepValues {
  let inputs: [UnsafeBufferPointer<Float>]
  let outputs: [UnsafeMutableBufferPointer<Float>]
  /// What the kernel packed.
  let weights: UnsafeBufferPointer<Float>
}

/// What a thread computes with.
struct Worker {
  let table: KernelTable
  let kernels: BlockedKernels
  /// Nil where no kernel of the plan multiplies matrices.
  let product: MatrixProduct?
  /// `scratchCount` floats or more that no other task uses meanwhile.
  let scratch: UnsafeMutableBufferPointer<Float>
}

/// What kernels pack their weights with.
struct Packer {
  let kernels: BlockedKernels
  let pool: ThreadPool
}

/// A range of `count` cut into blocks of `size`; the last may be smaller.
struct Blocks: Sendable {
  let count: Int
  let size: Int

  /// Blocks of at most `size`.
  init(_ count: Int, of size: Int) {
    self.count = count
    self.size = max(1, size)
  }

  /// The number of blocks.
  var blockCount: Int { (count + size - 1) / size }

  /// What block `index` covers.
  subscript(index: Int) -> Range<Int> { index * size..<min(count, (index + 1) * size) }
}

/// The number of floats that make a task of a kernel that only streams: 64 KiB, about 10 µs.
let streamedBlock = 1 << 14

extension UnsafeBufferPointer<Float> {
  /// A part as a buffer of its own; checked against the end of this one.
  func part(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeBufferPointer(rebasing: self[range])
  }

  /// The `index`th of equal parts of `size`.
  func part(_ index: Int, of size: Int) -> UnsafeBufferPointer<Float> {
    part(index * size..<(index + 1) * size)
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// A part as a buffer of its own; checked against the end of this one.
  func part(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return UnsafeMutableBufferPointer(rebasing: self[range])
  }

  /// The `index`th of equal parts of `size`.
  func part(_ index: Int, of size: Int) -> UnsafeMutableBufferPointer<Float> {
    part(index * size..<(index + 1) * size)
  }
}
