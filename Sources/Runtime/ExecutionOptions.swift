public import Kernels

/// How a network is run.
public struct ExecutionOptions: Hashable, Sendable {
  /// What computes convolutions.
  public enum Gemm: String, Hashable, Sendable, CaseIterable {
    /// The toolkit's own kernels.
    case builtIn = "built-in"
    /// OpenBLAS over unfolded images: a baseline to compare with.
    case openBLAS = "openblas"
  }

  /// The number of threads, the caller's included; the results have the same bits for any.
  public var threadCount: Int
  /// The instruction set of the kernels.
  public var instructionSet: InstructionSet
  /// Whether results have the same bits on every instruction set and for any batch: no Winograd.
  public var isStrict: Bool
  /// What computes convolutions.
  public var gemm: Gemm
  /// Whether values that are observed are shown in the layout that kernels made them in; else, and
  /// always where they are results, row-major. It saves a copy of each.
  public var showsInPlace = false

  /// Options, the usual ones where none are given.
  public init(
    threadCount: Int = 1, instructionSet: InstructionSet = .best, isStrict: Bool = false,
    gemm: Gemm = .builtIn
  ) {
    self.threadCount = threadCount
    self.instructionSet = instructionSet
    self.isStrict = isStrict
    self.gemm = gemm
  }
}
