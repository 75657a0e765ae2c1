internal import Files

/// What is wrong with a file, before it is said where the file and the object are.
struct Fault: Error {
  enum Kind {
    /// The file breaks the specification, or contradicts itself.
    case damaged
    /// The file may be sound, but is larger or deeper than is read here.
    case beyondLimits
    /// The file may be sound, but has what is not read here; another reader may know it.
    case unsupported
  }

  var kind: Kind
  /// The object; nil for the one that is being read.
  var path: String?
  var reason: String

  init(_ kind: Kind, at path: String? = nil, _ reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }

  /// Damage at a byte of the file.
  static func damage(_ expected: String, at offset: Int, found: String) -> Fault {
    Fault(.damaged, "expected \(expected) at byte \(offset), found \(found)")
  }

  /// What is not read here, at a byte of the file.
  static func unsupported(_ expected: String, at offset: Int, found: String) -> Fault {
    Fault(.unsupported, "expected \(expected) at byte \(offset), found \(found)")
  }

  /// The error for the users of a file.
  ///
  /// - Parameter path: that of the object that was being read; nil before there is any.
  func error(path current: String?) -> FormatError {
    let kind: FormatError.Kind =
      switch kind {
      case .damaged: .badModel
      case .beyondLimits: .refused
      case .unsupported: .unsupported
      }
    return FormatError(kind, at: (path ?? current).map { .object($0) }, reason)
  }
}
