public import Files
public import TensorCore

/// The members of a JSON object: each is asked for by name and must be of its kind, and in the end
/// none may be left that nobody asked for.
public struct JSONFields {
  /// The layer, tensor or section they belong to, for errors.
  public var place: String
  private let object: JSONText.Value
  /// The members behind the last one found, and the place of the first of them.
  private var rest: JSONText.Members
  private var position = 0
  private var asked: UInt64 = 0

  /// The members of `value`.
  ///
  /// - Throws: `FormatError` if it is no object.
  public init(_ value: JSONText.Value, in place: String) throws(FormatError) {
    guard value.isObject else {
      throw FormatError(at: .object(place), "expected an object, found \(value.kind)")
    }
    self.place = place
    object = value
    rest = value.members
  }

  /// A member that may be absent.
  public mutating func optional(_ name: String) -> JSONText.Value? {
    // Writers keep the order in which members are asked for: mostly the next one is it.
    var ahead = rest
    if let member = ahead.next(), member.name.isString(name) {
      asked |= 1 << UInt64(position)
      rest = ahead
      position += 1
      return member.value
    }
    for (index, member) in object.members.enumerated() where member.name.isString(name) {
      asked |= 1 << UInt64(index)  // shifted out past 64: such an object has unknown members
      return member.value
    }
    return nil
  }

  /// A member that must be there.
  ///
  /// - Throws: `FormatError` if it is missing.
  public mutating func required(_ name: String) throws(FormatError) -> JSONText.Value {
    guard let value = optional(name) else { throw fault("\(name) is missing") }
    return value
  }

  /// Refuses members that nobody asked for, unless the file may hold what this version cannot know.
  ///
  /// - Throws: `FormatError` naming the first of them.
  public func finish(allowingUnknown: Bool) throws(FormatError) {
    var ahead = rest
    let isComplete = ahead.next() == nil && asked.nonzeroBitCount == position
    guard !isComplete, !allowingUnknown else { return }
    for (place, member) in object.members.enumerated() where asked & 1 << UInt64(place) == 0 {
      throw fault("\(member.name.json.text()) is no member of this object")
    }
  }

  /// An error about the object.
  public func fault(_ reason: String) -> FormatError { FormatError(at: .object(place), reason) }

  private func mismatch(_ name: String, _ expected: String, _ found: JSONText.Value) -> FormatError
  {
    fault("expected \(expected) for \(name), found \(found.kind)")
  }
}

extension JSONFields {
  /// A string.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func string(_ name: String) throws(FormatError) -> String {
    let value = try required(name)
    guard let string = value.string else { throw mismatch(name, "a string", value) }
    return string
  }

  /// True or false.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func bool(_ name: String) throws(FormatError) -> Bool {
    let value = try required(name)
    guard let bool = value.bool else { throw mismatch(name, "true or false", value) }
    return bool
  }

  /// An integer.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func integer(_ name: String) throws(FormatError) -> Int {
    let value = try required(name)
    guard let integer = value.integer else { throw mismatch(name, "an integer", value) }
    return integer
  }

  /// An integer or null, which is nil.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func nullableInteger(_ name: String) throws(FormatError) -> Int? {
    let value = try required(name)
    if case .null = value.json { return nil }
    guard let integer = value.integer else { throw mismatch(name, "an integer or null", value) }
    return integer
  }

  /// A number, as `JSON.number` has it.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func number(_ name: String) throws(FormatError) -> Double {
    let value = try required(name)
    guard let number = value.number else { throw mismatch(name, "a number", value) }
    return number
  }

  /// An array's values.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func array(_ name: String) throws(FormatError) -> JSONText.Elements {
    let value = try required(name)
    guard value.isArray else { throw mismatch(name, "an array", value) }
    return value.elements
  }

  /// An array of strings.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func strings(_ name: String) throws(FormatError) -> [String] {
    var strings: [String] = []
    for value in try array(name) {
      guard let string = value.string else { throw mismatch(name, "strings", value) }
      strings.append(string)
    }
    return strings
  }

  /// An array of integers, of a given length if one is given.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func integers(_ name: String, count: Int? = nil) throws(FormatError) -> [Int] {
    var integers: [Int] = []
    integers.reserveCapacity(count ?? 4)
    for value in try array(name) {
      guard let integer = value.integer else { throw mismatch(name, "integers", value) }
      integers.append(integer)
    }
    guard count == nil || count == integers.count else {
      throw fault("expected \(count ?? 0) integers for \(name), found \(integers.count)")
    }
    return integers
  }

  /// An array of numbers.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func numbers(_ name: String) throws(FormatError) -> [Double] {
    var numbers: [Double] = []
    for value in try array(name) {
      guard let number = value.number else { throw mismatch(name, "numbers", value) }
      numbers.append(number)
    }
    return numbers
  }

  /// An array of extents.
  ///
  /// - Throws: `FormatError` naming the object and the member.
  public mutating func shape(_ name: String) throws(FormatError) -> Shape {
    let extents = try integers(name)
    guard let shape = Shape(checking: extents) else {
      throw fault("\(name): \(extents) is no shape, or one of too many elements")
    }
    return shape
  }

  /// One of a closed set of words.
  ///
  /// - Throws: `FormatError` listing the words.
  public mutating func word<Word: RawRepresentable & CaseIterable>(
    _ name: String, _ type: Word.Type
  ) throws(FormatError) -> Word where Word.RawValue == String {
    let string = try string(name)
    guard let word = Word(rawValue: string) else {
      let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw fault("expected one of \(words) for \(name), found \(JSON.string(string).text())")
    }
    return word
  }
}
