internal import ModelIO
internal import TensorCore

/// The members of an object of the header: each is asked for by name and must be of its kind.
struct Fields {
  /// The layer, tensor or section they belong to, for errors.
  let place: String
  private let members: [JSON.Member]
  private var next = 0
  private var used: UInt64 = 0

  /// The members of `value`.
  ///
  /// - Throws: `FormatError` if it is no object.
  init(_ value: JSON, in place: String) throws(FormatError) {
    guard case .object(let members) = value else {
      throw FormatError(at: .object(place), "expected an object, found \(value.kind)")
    }
    // Objects of this format have a dozen members; the bit set has room for 64.
    guard members.count <= 64 else {
      throw FormatError(at: .object(place), "an object of \(members.count) members")
    }
    self.place = place
    self.members = members
  }

  /// A member that may be absent.
  mutating func optional(_ name: String) -> JSON? {
    // Our writer's order is the order in which they are asked for: mostly the first try succeeds.
    for step in 0..<members.count {
      let index = (next + step) % members.count
      guard members[index].name == name else { continue }
      next = index + 1
      used |= 1 << UInt64(index)
      return members[index].value
    }
    return nil
  }

  /// A member that must be there.
  mutating func required(_ name: String) throws(FormatError) -> JSON {
    guard let value = optional(name) else { throw fault("\(name) is missing") }
    return value
  }

  /// Refuses members that nobody asked for, unless the file may hold what this version cannot know.
  func finish(allowingUnknown: Bool) throws(FormatError) {
    guard !allowingUnknown else { return }
    for (index, member) in members.enumerated() where used & 1 << UInt64(index) == 0 {
      throw fault("\(JSON.string(member.name).text()) is no member of this object")
    }
  }

  func fault(_ reason: String) -> FormatError { FormatError(at: .object(place), reason) }

  private func mismatch(_ name: String, _ expected: String, _ found: JSON) -> FormatError {
    fault("expected \(expected) for \(name), found \(found.kind)")
  }
}

extension Fields {
  mutating func string(_ name: String) throws(FormatError) -> String {
    let value = try required(name)
    guard case .string(let string) = value else { throw mismatch(name, "a string", value) }
    return string
  }

  mutating func bool(_ name: String) throws(FormatError) -> Bool {
    let value = try required(name)
    guard case .bool(let bool) = value else { throw mismatch(name, "true or false", value) }
    return bool
  }

  mutating func integer(_ name: String) throws(FormatError) -> Int {
    let value = try required(name)
    guard case .integer(let integer) = value else { throw mismatch(name, "an integer", value) }
    return integer
  }

  mutating func number(_ name: String) throws(FormatError) -> Double {
    let value = try required(name)
    guard let number = value.number else { throw mismatch(name, "a number", value) }
    return number
  }

  mutating func array(_ name: String) throws(FormatError) -> [JSON] {
    let value = try required(name)
    guard case .array(let values) = value else { throw mismatch(name, "an array", value) }
    return values
  }

  mutating func strings(_ name: String) throws(FormatError) -> [String] {
    var strings: [String] = []
    for value in try array(name) {
      guard case .string(let string) = value else { throw mismatch(name, "strings", value) }
      strings.append(string)
    }
    return strings
  }

  mutating func integers(_ name: String, count: Int? = nil) throws(FormatError) -> [Int] {
    let values = try array(name)
    guard count == nil || count == values.count else {
      throw fault("expected \(count ?? 0) integers for \(name), found \(values.count)")
    }
    var integers: [Int] = []
    integers.reserveCapacity(values.count)
    for value in values {
      guard case .integer(let integer) = value else { throw mismatch(name, "integers", value) }
      integers.append(integer)
    }
    return integers
  }

  mutating func numbers(_ name: String) throws(FormatError) -> [Double] {
    var numbers: [Double] = []
    for value in try array(name) {
      guard let number = value.number else { throw mismatch(name, "numbers", value) }
      numbers.append(number)
    }
    return numbers
  }

  mutating func shape(_ name: String) throws(FormatError) -> Shape {
    let extents = try integers(name)
    guard let shape = Shape(checking: extents) else {
      throw fault("\(name): \(extents) is no shape, or one of too many elements")
    }
    return shape
  }

  /// One of a closed set of words.
  mutating func word<Word: RawRepresentable & CaseIterable>(
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
