internal import CKernels

/// The instruction sets that kernels are written for, from the least to the most.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// Plain C: the twins that the others are compared with.
  case scalar
  /// AVX2 and FMA: eight floats at a time.
  case avx2
  /// The AVX-512 of Skylake-X and later: sixteen floats at a time.
  case avx512

  /// The highest that this processor runs.
  public static var best: InstructionSet {
    allCases.last { $0.isAvailable } ?? .scalar
  }

  /// Whether this processor runs it.
  public var isAvailable: Bool { ck_table_for_level(level) != nil }

  var level: ck_level {
    switch self {
    case .scalar: ck_level_scalar
    case .avx2: ck_level_avx2
    case .avx512: ck_level_avx512
    }
  }
}
