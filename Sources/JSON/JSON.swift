public import Files
public import TensorCore

/// A JSON value: members keep their order, numbers their value.
public enum JSON: Equatable, Sendable {
  /// One member of an object.
  public struct Member: Equatable, Sendable {
    /// Its name; unique in its object.
    public var name: String
    /// Its value.
    public var value: JSON

    /// A member.
    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// Nothing.
  case null
  /// True or false.
  case bool(Bool)
  /// A number written without fraction and exponent.
  case integer(Int)
  /// Any other number; finite.
  case double(Double)
  /// Text.
  case string(String)
  /// Values in order.
  case array([JSON])
  /// Members in order.
  case object([Member])
}

extension JSON {
  /// Parses one JSON text as strictly as `JSONText` does.
  ///
  /// - Throws: `FormatError` with the byte offset in `bytes`.
  public init(parsing bytes: Bytes) throws(FormatError) {
    self = try JSONText(parsing: bytes).withRoot(\.json)
  }

  /// A number as a value: those that JSON cannot write become `"nan"`, `"inf"`, `"-inf"`.
  public init(number: Double) {
    if number.isFinite {
      self = .double(number)
    } else {
      self = .string(number.isNaN ? "nan" : number > 0 ? "inf" : "-inf")
    }
  }

  /// The number that `init(number:)` wrote, or an integer that a Double holds exactly; else nil.
  public var number: Double? {
    switch self {
    case .double(let value): value
    case .integer(let value): Double(exactly: value)
    case .string("nan"): .nan
    case .string("inf"): .infinity
    case .string("-inf"): -.infinity
    case .null, .bool, .string, .array, .object: nil
    }
  }

  /// The member of that name, if this is an object that has one.
  public subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// An array of integers.
  public static func integers(_ values: [Int]) -> JSON {
    .array(values.map { .integer($0) })
  }

  /// An array of strings.
  public static func strings(_ values: [String]) -> JSON {
    .array(values.map { .string($0) })
  }

  /// What the value is, in the words of error messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .double: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
