internal import Files
internal import TensorCore

/// The header of an npy file: a Python dict literal of three items, read without evaluating it.
///
/// Format: numpy/lib/format.py, versions 1.0 to 3.0.
struct NPYHeader: Equatable {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  static let longest = 1 << 16
  static let highestRank = 32

  var type: NPYType
  var isFortranOrder: Bool
  var shape: Shape
  /// Where the elements begin.
  var end: Int
}

/// What an element is: its kind, its size, and the order of its bytes.
struct NPYType: Equatable {
  /// The letters of `dtype.kind`.
  enum Kind: Character {
    case float = "f"
    /// As ml_dtypes writes its types that NumPy has no name for.
    case brain = "V"
    case signed = "i"
    case unsigned = "u"
    case boolean = "b"
  }

  var kind: Kind
  var byteCount: Int
  var isBigEndian: Bool

  /// A type by its `dtype.str`: `<f4`; nil for one that has no place in a tensor.
  init?(_ text: String) {
    let letters = Array(text)
    guard letters.count == 3, let kind = Kind(rawValue: letters[1]),
      let byteCount = letters[2].wholeNumberValue
    else { return nil }
    let sizes: [Int] =
      switch kind {
      case .float: [2, 4, 8]
      case .brain: [2]
      case .signed, .unsigned: [1, 2, 4, 8]
      case .boolean: [1]
      }
    guard sizes.contains(byteCount) else { return nil }
    switch letters[0] {
    case "<": isBigEndian = false
    case ">" where kind != .brain: isBigEndian = true
    case "|" where byteCount == 1: isBigEndian = false
    default: return nil
    }
    self.kind = kind
    self.byteCount = byteCount
  }
}

extension NPYHeader {
  /// Decodes the beginning of an npy file.
  ///
  /// - Throws: `FormatError` with the byte offset.
  init(decoding bytes: Bytes) throws(FormatError) {
    guard bytes.slice(from: 0, count: 6)?.array == Self.magic,
      let major = bytes.slice(from: 6, count: 1)?.array[0]
    else { throw FormatError(at: .byte(0), "expected an npy array") }
    let start: Int
    let length: Int?
    switch major {
    case 1:
      start = 10
      length = bytes.integer(at: 8, as: UInt16.self).map(Int.init)
    case 2, 3:
      start = 12
      length = bytes.integer(at: 8, as: UInt32.self).map(Int.init)
    default: throw FormatError(at: .byte(6), "expected npy version 1, 2 or 3, found \(major)")
    }
    guard let length, length <= Self.longest, let text = bytes.slice(from: start, count: length)
    else {
      throw FormatError(
        at: .byte(8), "expected a header of at most \(Self.longest) bytes within the file")
    }
    var parser = PythonDictParser(text.array, offset: start)
    let items = try parser.parse()
    guard items.map(\.key).sorted() == ["descr", "fortran_order", "shape"] else {
      throw FormatError(
        at: .byte(start), "expected descr, fortran_order and shape, found \(items.map(\.key))")
    }
    var header: (type: NPYType?, order: Bool?, shape: Shape?) = (nil, nil, nil)
    for (key, value) in items {
      switch (key, value) {
      case ("descr", .string(let text)):
        header.type = NPYType(text)
        guard header.type != nil else {
          let advice = text.dropFirst().first == "V" ? ": raw bytes; save them as float32" : ""
          throw FormatError(
            at: .byte(start), "expected floats, integers or booleans, found '\(text)'\(advice)")
        }
      case ("fortran_order", .bool(let order)): header.order = order
      case ("shape", .tuple(let extents)):
        header.shape = extents.count <= Self.highestRank ? Shape(checking: extents) : nil
        guard header.shape != nil else {
          throw FormatError(
            at: .byte(start),
            "expected at most \(Self.highestRank) extents that can be multiplied, "
              + "found \(extents.prefix(Self.highestRank + 1))")
        }
      default: break
      }
    }
    guard let type = header.type, let order = header.order, let shape = header.shape else {
      throw FormatError(
        at: .byte(start), "expected a simple descr, a fortran_order and a shape")
    }
    self.init(type: type, isFortranOrder: order, shape: shape, end: start + length)
  }
}

/// The subset of Python's literals that numpy writes: `{'descr': '<f4', 'shape': (1, 3L), }`.
struct PythonDictParser {
  enum Value: Equatable {
    case string(String)
    case bool(Bool)
    case tuple([Int])
    /// The list that describes a record: recognised, to be refused with a good reason.
    case other
  }

  private let bytes: [UInt8]
  private let offset: Int
  private var position = 0

  init(_ bytes: [UInt8], offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  mutating func parse() throws(FormatError) -> [(key: String, value: Value)] {
    var items: [(key: String, value: Value)] = []
    try expect("{")
    while !skip("}") {
      let key = try parseString()
      try expect(":")
      items.append((key, try parseValue()))
      guard skip(",") else {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw unexpected("the end of the header") }
    return items
  }

  private mutating func parseValue() throws(FormatError) -> Value {
    skipSpace()
    guard position < bytes.count else { throw unexpected("a value") }
    switch bytes[position] {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "("): return .tuple(try parseTuple())
    case UInt8(ascii: "["):
      throw FormatError(at: .byte(offset + position), "expected one type, found a record")
    default: break
    }
    for (word, value) in [("True", true), ("False", false)] where skip(word) {
      return .bool(value)
    }
    throw unexpected("a string, a tuple, True or False")
  }

  private mutating func parseString() throws(FormatError) -> String {
    skipSpace()
    guard position < bytes.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position])
    else { throw unexpected("a string") }
    let quote = bytes[position]
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: quote),
      !bytes[start..<end].contains(UInt8(ascii: "\\")),
      let text = String(validating: bytes[start..<end], as: UTF8.self)
    else { throw unexpected("a string without escapes") }
    position = end + 1
    return text
  }

  private mutating func parseTuple() throws(FormatError) -> [Int] {
    try expect("(")
    var extents: [Int] = []
    while !skip(")") {
      let start = position
      while position < bytes.count, 0x30...0x39 ~= bytes[position] { position += 1 }
      guard let extent = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
        throw unexpected("an extent")
      }
      extents.append(extent)
      _ = skip("L")  // Python 2's long integers
      guard skip(",") else {
        try expect(")")
        break
      }
      skipSpace()
    }
    return extents
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0a].contains(bytes[position]) { position += 1 }
  }

  private mutating func skip(_ token: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: token.utf8) else { return false }
    position += token.utf8.count
    return true
  }

  private mutating func expect(_ token: String) throws(FormatError) {
    guard skip(token) else { throw unexpected("'\(token)'") }
  }

  private func unexpected(_ expected: String) -> FormatError {
    let found =
      position < bytes.count ? "byte 0x\(String(bytes[position], radix: 16))" : "the end"
    return FormatError(at: .byte(offset + position), "expected \(expected), found \(found)")
  }
}
