package import ModelGraph

// A native file says where its model came from by a name, and reports show it. Where images lie
// otherwise than the framework is used to, that is part of the name; nobody else takes it apart.
extension ArrayLayout {
  private static let suffix = "-channels-first"

  /// The layout that a framework's arrays have where nothing is said.
  private static func usual(in format: String) -> ArrayLayout {
    format.hasPrefix("keras") ? .nhwc : .nchw
  }

  /// The name of a format whose arrays lie so: `keras-3`, `keras-3-channels-first`.
  package func dialect(of format: String) -> String {
    self == .nchw && Self.usual(in: format) == .nhwc ? format + Self.suffix : format
  }

  /// The layout that is in the name of a dialect.
  package init(ofDialect name: String) {
    self = name.hasSuffix(Self.suffix) ? .nchw : Self.usual(in: name)
  }
}
