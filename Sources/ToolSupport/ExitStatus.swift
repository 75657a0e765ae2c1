public import ResNetKit

/// The exit codes of the tools, after sysexits.h.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Done; where something was compared, it agrees.
  case success = 0
  /// Compared, and it does not agree.
  case unequal = 1
  /// The command line is wrong.
  case usage = 64
  /// The model or fixture is wrong.
  case badModel = 65
  /// An input file is not there or not readable.
  case noInput = 66
  /// A library or a program that the work needs is not installed.
  case missingLibrary = 69
  /// A fault of ours.
  case internalError = 70
  /// The output cannot be created.
  case cannotCreate = 73
  /// Reading or writing failed.
  case inputOutput = 74
  /// The work needs more memory than there is: it can succeed elsewhere.
  case outOfMemory = 75
  /// Refused to protect the user's files.
  case refused = 77

  /// The code for a class of faults.
  public init(_ kind: FormatError.Kind) {
    self =
      switch kind {
      case .badModel: .badModel
      case .noInput: .noInput
      case .cannotCreate, .outputExists: .cannotCreate
      case .inputOutput: .inputOutput
      case .outOfMemory: .outOfMemory
      case .refused, .unsupported: .refused
      case .missingProgram: .missingLibrary
      case .usage: .usage
      }
  }

  /// The code for a fault of a network.
  public init(_ kind: NetworkError.Kind) {
    self =
      switch kind {
      case .unsound: .badModel
      case .outOfMemory: .outOfMemory
      case .missingLibrary: .missingLibrary
      }
  }
}
