/// The number types a weight can be stored in; a tensor keeps the type its file had.
public enum ElementType: String, Sendable, CaseIterable {
  /// IEEE 754 binary16.
  case float16
  /// The upper half of an IEEE 754 binary32.
  case bfloat16
  /// IEEE 754 binary32.
  case float32
  /// IEEE 754 binary64.
  case float64

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float16, .bfloat16: 2
    case .float32: 4
    case .float64: 8
    }
  }
}
