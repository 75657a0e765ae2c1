/// What each element is: the specification, IV.A.2.d.
struct DatatypeMessage {
  /// The classes of types; the specification's numbers.
  enum Kind: Int {
    case integer, number, time, string, bitField, opaque, compound, reference, enumeration
    case variableLength, array, complex
  }

  var kind: Kind
  /// 24 bits whose meaning depends on the class.
  var bits: Int
  var byteCount: Int
  /// What more the class needs.
  var properties: Cursor

  /// Reads a type; where it ends is not looked for.
  init(_ cursor: Cursor) throws(Fault) {
    var cursor = cursor
    let start = cursor.position
    let first = try cursor.byte()
    let version = first >> 4
    guard 1...5 ~= version, let kind = Kind(rawValue: first & 15) else {
      throw .unsupported(
        "a datatype of version 1 to 5 and of a class below 12", at: start,
        found: "version \(version) and class \(first & 15)")
    }
    self.kind = kind
    bits = try cursor.integer(3)
    byteCount = try cursor.integer(4)
    properties = cursor
    guard byteCount > 0 else { throw .damage("elements of some bytes", at: start + 4, found: "0") }
  }

  /// Whether the most significant byte comes first; nil for orders that no machine here has.
  var isBigEndian: Bool? {
    switch bits & 0x41 {
    case 0: false
    case 1: true
    default: nil
    }
  }

  /// Texts of variable length: what is stored is a length and a place in a global heap.
  func isVariableString() throws(Fault) -> Bool {
    guard kind == .variableLength else { return false }
    switch bits & 15 {
    case 0: return false
    case 1:
      let base = try DatatypeMessage(properties)
      let width = 4 + properties.source.addressWidth + 4
      guard base.byteCount == 1, base.kind == .integer || base.kind == .string, byteCount == width
      else {
        throw .damage(
          "texts made of bytes", at: properties.position,
          found: "parts of \(base.byteCount) bytes, kept in \(byteCount)")
      }
      return true
    case let other:
      throw .damage("a list or a text", at: properties.position - 7, found: "kind \(other)")
    }
  }

  /// Where an integer is in its bytes.
  func integerLayout() throws(Fault) -> (start: Int, bitCount: Int, isSigned: Bool) {
    var cursor = properties
    let place = cursor.position
    let (start, count) = (try cursor.integer(2), try cursor.integer(2))
    guard count > 0, start + count <= 8 * byteCount else {
      throw .damage(
        "bits of an integer of \(byteCount) bytes", at: place, found: "\(count) from \(start) on")
    }
    return (start, count, bits & 8 != 0)
  }

  /// Where the parts of a floating-point number are.
  func floatLayout() throws(Fault) -> FloatLayout {
    var cursor = properties
    let (start, precision) = (try cursor.integer(2), try cursor.integer(2))
    let (exponentStart, exponentCount) = (try cursor.byte(), try cursor.byte())
    let (fractionStart, fractionCount) = (try cursor.byte(), try cursor.byte())
    return FloatLayout(
      byteCount: byteCount, precision: precision, start: start, signPosition: bits >> 8 & 0xff,
      exponentStart: exponentStart, exponentCount: exponentCount, fractionStart: fractionStart,
      fractionCount: fractionCount, bias: try cursor.integer(4),
      hasImpliedBit: bits >> 4 & 3 == 2)
  }
}

extension HDF5File.Elements {
  /// Describes the type of a dataset's elements.
  init(_ type: DatatypeMessage) throws(Fault) {
    switch type.kind {
    case .opaque: self = .opaque(byteCount: type.byteCount)
    case .number:
      guard let elementType = try type.floatLayout().elementType, let isBig = type.isBigEndian
      else {
        self = .other(Self.oddNumbers(byteCount: type.byteCount))
        return
      }
      self = .numbers(elementType, isBigEndian: isBig)
    case .variableLength where try type.isVariableString():
      self = .other(Self.name(ofClass: DatatypeMessage.Kind.string.rawValue))
    default: self = .other(Self.name(ofClass: type.kind.rawValue))
    }
  }
}

extension Reader {
  /// The type that a message tells, or the named one that it leads to.
  mutating func datatype(_ body: Range<Int>, isShared: Bool) throws(Fault) -> DatatypeMessage {
    guard isShared else { return try DatatypeMessage(source.cursor(body)) }
    var cursor = source.cursor(body)
    let start = cursor.position
    let version = try cursor.byte()
    let place = try cursor.byte()
    guard 2...3 ~= version, place != 1, version == 2 || place == 2 else {
      throw .unsupported(
        "a named datatype, shared by version 2 or 3", at: start,
        found: "version \(version) and type \(place)")
    }
    let address = try cursor.address(of: .header)
    if let known = types[address] { return try DatatypeMessage(source.cursor(known)) }
    let header = try header(at: address)
    guard header.kind == .namedType, let body = try header.body(.datatype) else {
      throw .damage("the address of a datatype", at: start, found: "byte \(address)")
    }
    types[address] = body
    return try DatatypeMessage(source.cursor(body))
  }
}
