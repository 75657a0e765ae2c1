internal import Files
internal import JSON
internal import ModelGraph

/// What the configuration of a layer says, under the names that versions of Keras gave it.
struct Settings {
  /// The layer, for errors.
  var place: String
  private let json: JSON

  /// The settings of a layer.
  ///
  /// What only matters in training is left out: it is most of a large definition.
  ///
  /// - Parameter keepingAll: whether these stay, too: of layers that only matter in training.
  init(_ json: JSON, of place: String, keepingAll: Bool = false) {
    if keepingAll {
      self.json = json
    } else if case .object(let members) = json {
      self.json = .object(
        members.filter { member in
          !["_initializer", "_regularizer", "_constraint"].contains { member.name.hasSuffix($0) }
            && member.name != "dtype" && member.name != "layers"
        })
    } else {
      self.json = .null
    }
    self.place = place
  }

  /// All of them.
  var text: String { json.text() }

  /// All settings, in their order.
  var all: [JSON.Member] {
    if case .object(let members) = json { return members }
    return []
  }

  /// An error about the layer.
  func fault(_ reason: String) -> FormatError { FormatError(at: .object(place), reason) }

  /// The value of the first of these names that has one; null is none.
  func value(_ names: String...) -> JSON? { first(of: names)?.value }

  private func first(of names: [String]) -> (name: String, value: JSON)? {
    for name in names {
      guard let value = json[name], value != .null else { continue }
      return (name, value)
    }
    return nil
  }

  private func mismatch(_ name: String, _ expected: String, _ found: JSON) -> FormatError {
    fault("expected \(expected) for \(name), found \(found.kind)")
  }
}

extension Settings {
  /// An integer; nil where no name has a value.
  func integer(_ names: String...) throws(FormatError) -> Int? {
    guard let (name, value) = first(of: names) else { return nil }
    guard let integer = value.wholeNumber else { throw mismatch(name, "an integer", value) }
    return integer
  }

  /// A number; nil where no name has a value.
  func number(_ names: String...) throws(FormatError) -> Double? {
    guard let (name, value) = first(of: names) else { return nil }
    // Keras 3 writes numbers that it was given as arrays of NumPy so.
    let content = value["class_name"] == .string("__numpy__") ? value["config"]?["value"] : value
    guard let number = (content ?? value).number else { throw mismatch(name, "a number", value) }
    return number
  }

  /// True or false; nil where no name has a value.
  func bool(_ names: String...) throws(FormatError) -> Bool? {
    guard let (name, value) = first(of: names) else { return nil }
    guard case .bool(let bool) = value else { throw mismatch(name, "true or false", value) }
    return bool
  }

  /// A string; nil where no name has a value.
  func string(_ names: String...) throws(FormatError) -> String? {
    guard let (name, value) = first(of: names) else { return nil }
    guard case .string(let string) = value else { throw mismatch(name, "a string", value) }
    return string
  }

  /// Integers; nil where no name has a value. A lone integer is a list of one.
  func integers(_ names: String...) throws(FormatError) -> [Int]? {
    guard let (name, value) = first(of: names) else { return nil }
    if let integer = value.wholeNumber { return [integer] }
    guard let elements = value.elements else { throw mismatch(name, "integers", value) }
    var integers: [Int] = []
    for element in elements {
      guard let integer = element.wholeNumber else { throw mismatch(name, "integers", element) }
      integers.append(integer)
    }
    return integers
  }

  /// Extents of 1 or more; nil where no name has a value. One number stands for both.
  func extent(_ names: String...) throws(FormatError) -> Extent? {
    guard let (name, value) = first(of: names) else { return nil }
    let sides = (value.elements ?? [value]).map(\.wholeNumber)
    guard 1...2 ~= sides.count, let height = sides[0], let width = sides[sides.count - 1],
      1..<1 << 31 ~= height, 1..<1 << 31 ~= width
    else { throw fault("expected one or two numbers of 1 or more for \(name)") }
    return Extent(height: height, width: width)
  }

  /// A shape whose unknown extents are nil.
  func shape(_ names: String...) throws(FormatError) -> [Int?]? {
    guard let (name, value) = first(of: names) else { return nil }
    guard let elements = value.elements else { throw mismatch(name, "a shape", value) }
    var extents: [Int?] = []
    for element in elements {
      if element == .null {
        extents.append(nil)
      } else if let extent = element.wholeNumber, extent > 0 {
        extents.append(extent)
      } else {
        throw fault("expected extents of 1 or more for \(name), found others")
      }
    }
    return extents
  }
}

extension JSON {
  /// An integer, also one that was written with a fraction of zero.
  var wholeNumber: Int? {
    switch self {
    case .integer(let value): value
    case .double(let value): Int(exactly: value)
    case .null, .bool, .string, .array, .object: nil
    }
  }

  /// The elements of an array, or of what versions of Keras wrote for tuples and lists.
  var elements: [JSON]? {
    switch self {
    case .array(let elements): elements
    case .object:
      switch self["class_name"] {
      case .string("__tuple__"), .string("TensorShape"), .string("ListWrapper"):
        self["items"]?.elements ?? self["config"]?.elements
      case .null, .bool, .integer, .double, .string, .array, .object, nil: nil
      }
    case .null, .bool, .integer, .double, .string: nil
    }
  }

  /// The text of a string.
  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
}
