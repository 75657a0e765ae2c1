internal import JSON

/// What one call of an operator reads, in order and by name.
struct OperatorCall: Sendable {
  /// One argument.
  enum Argument: Sendable {
    /// The nth of the values that the call reads.
    case value(Int)
    /// What the definition itself holds.
    case constant(JSON)
    /// Several values in a list.
    case list([Argument])
  }

  var positional: [Argument] = []
  var named: [(name: String, argument: Argument)] = []

  /// An argument by its place or its name; nil where the call has none, or null.
  subscript(place: Int?, names: [String]) -> Argument? {
    if let place, positional.indices.contains(place) { return positional[place].present }
    return named.first { names.contains($0.name) }?.argument.present
  }
}

extension OperatorCall.Argument {
  /// The argument unless it is null.
  fileprivate var present: Self? {
    if case .constant(.null) = self { return nil }
    return self
  }

  /// The arguments in a list, or the lone one.
  var elements: [Self] {
    if case .list(let elements) = self { return elements }
    return [self]
  }

  /// What the definition holds; nil for a value that a layer makes.
  var constant: JSON? {
    switch self {
    case .value: return nil
    case .constant(let json): return json
    case .list(let elements):
      let constants = elements.compactMap(\.constant)
      return constants.count == elements.count ? .array(constants) : nil
    }
  }
}

/// Numbers that a definition holds: one, or an array of them.
struct Constant {
  /// The extents; none for one number.
  var shape: [Int]
  /// The elements, the last axis running fastest.
  var values: [Double]
  private static let largestCount = 1 << 20

  /// The one number that all elements are, if they are.
  var number: Double? {
    guard let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
    return first
  }

  /// Each element as another one.
  func map(_ transform: (Double) -> Double) -> Constant {
    Constant(shape: shape, values: values.map(transform))
  }
}

extension Constant {
  /// One number.
  init(_ number: Double) { self.init(shape: [], values: [number]) }

  /// The numbers of a JSON value, also of an array of NumPy or a tensor; nil if it is none.
  init?(_ json: JSON) {
    switch json["class_name"]?.text {
    case "__tensor__", "__numpy__":
      guard let value = json["config"]?["value"] else { return nil }
      self.init(value)
      return
    default: break
    }
    guard let elements = json.elements else {
      guard let number = json.number, number.isFinite else { return nil }
      self.init(number)
      return
    }
    var parts: [Constant] = []
    for element in elements {
      guard let part = Constant(element), part.shape == parts.first?.shape ?? part.shape else {
        return nil
      }
      parts.append(part)
    }
    guard let first = parts.first, parts.count * first.values.count <= Self.largestCount else {
      return nil
    }
    self.init(shape: [parts.count] + first.shape, values: parts.flatMap(\.values))
  }
}
