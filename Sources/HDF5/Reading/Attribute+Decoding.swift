internal import TensorCore

extension Reader {
  /// The value of an attribute.
  ///
  /// - Parameter byteLimit: how many bytes it may take; less by what it took.
  mutating func value(
    of attribute: AttributeMessage, byteLimit: inout Int
  ) throws(Fault) -> HDF5File.Attribute {
    let type = try datatype(attribute.type, isShared: attribute.typeIsShared)
    var spaceCursor = source.cursor(attribute.space)
    guard let extents = try DataspaceMessage(&spaceCursor).extents else { return .other("nothing") }
    guard let shape = Shape(checking: extents.map { Int(clamping: $0) }) else {
      throw .damage(
        "extents that can be multiplied", at: attribute.space.lowerBound, found: "\(extents)")
    }
    let count = shape.elementCount
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: max(type.byteCount, 8))
    guard !overflow, byteCount <= byteLimit else { throw tooManyAttributes }
    var cursor = attribute.elements
    let elements = try cursor.take(count * type.byteCount)
    switch type.kind {
    case .string:
      byteLimit -= elements.count
      return .strings(try fixedStrings(elements, type))
    case .variableLength where try type.isVariableString():
      return .strings(try variableStrings(elements, count, &byteLimit))
    case .integer where type.byteCount <= 8:
      byteLimit -= byteCount
      return .integers(try integers(elements, type))
    case .number:
      guard let numbers = try numbers(elements, type) else {
        return .other(HDF5File.Elements.oddNumbers(byteCount: type.byteCount))
      }
      byteLimit -= byteCount
      return .numbers(numbers)
    default: return .other(HDF5File.Elements.name(ofClass: type.kind.rawValue))
    }
  }

  private func fixedStrings(
    _ elements: Range<Int>, _ type: DatatypeMessage
  ) throws(Fault) -> [String] {
    // NUL behind each, NULs to fill up, or spaces.
    let filling = type.bits & 15
    guard filling <= 2 else {
      throw .damage(
        "texts filled up by NULs or spaces", at: elements.lowerBound, found: "kind \(filling)")
    }
    let content = source.array(elements)
    var strings: [String] = []
    strings.reserveCapacity(content.count / type.byteCount)
    for start in stride(from: 0, to: content.count, by: type.byteCount) {
      var text = content[start..<start + type.byteCount].prefix { $0 != 0 }
      if filling == 2 { while text.last == UInt8(ascii: " ") { text.removeLast() } }
      strings.append(try string(text))
    }
    return strings
  }

  private mutating func variableStrings(
    _ elements: Range<Int>, _ count: Int, _ byteLimit: inout Int
  ) throws(Fault) -> [String] {
    var cursor = source.cursor(elements)
    var texts: [Range<Int>?] = []
    // All may be one text in the file; in memory each has its own, and each is looked through even
    // where it ends at its first byte.
    for _ in 0..<count {
      let text = try text(&cursor)
      byteLimit -= text?.count ?? 0
      guard byteLimit >= 0 else { throw tooManyAttributes }
      texts.append(text)
    }
    var strings: [String] = []
    for text in texts {
      strings.append(try string(text.map { source.array($0) }?.prefix { $0 != 0 } ?? []))
    }
    return strings
  }

  private func string(_ bytes: ArraySlice<UInt8>) throws(Fault) -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw Fault(.damaged, "expected text in UTF-8, found other bytes")
    }
    return string
  }

  private func integers(_ elements: Range<Int>, _ type: DatatypeMessage) throws(Fault) -> [Int] {
    let (start, bitCount, isSigned) = try type.integerLayout()
    let isBigEndian = type.bits & 1 != 0
    let above = UInt64(64 - bitCount)
    return try values(elements, type, isBigEndian: isBigEndian) { bits in
      let value = (bits >> UInt64(start)) << above
      // Numbers beyond `Int` become the largest, as the library makes them.
      return isSigned
        ? Int(Int64(bitPattern: value) >> Int64(above)) : Int(clamping: value >> above)
    }
  }

  /// Numbers of a known layout; nil for another one.
  private func numbers(
    _ elements: Range<Int>, _ type: DatatypeMessage
  ) throws(Fault) -> [Double]? {
    guard let elementType = try type.floatLayout().elementType,
      let isBigEndian = type.isBigEndian
    else { return nil }
    return try values(elements, type, isBigEndian: isBigEndian) { bits in
      switch elementType {
      case .float16: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
      case .bfloat16: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits << 16)))
      case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
      case .float64: Double(bitPattern: bits)
      }
    }
  }

  /// What `make` makes of the bits of each element.
  private func values<Value>(
    _ elements: Range<Int>, _ type: DatatypeMessage, isBigEndian: Bool, _ make: (UInt64) -> Value
  ) throws(Fault) -> [Value] {
    var cursor = source.cursor(elements)
    var values: [Value] = []
    while cursor.remaining > 0 {
      let bits = try cursor.wide(type.byteCount)
      values.append(make(isBigEndian ? bits.byteSwapped >> UInt64(64 - 8 * type.byteCount) : bits))
    }
    return values
  }
}

extension Reader {
  /// A file whose attributes together take more than those of any model.
  private var tooManyAttributes: Fault {
    Fault(
      .beyondLimits,
      "expected at most \(attributeByteLimit) bytes of attributes in a file, found more")
  }

  /// More than the attributes of any model take together, the definition of a ResNet-1202 has 3 MB;
  /// and no more than compressed data would be allowed to become.
  var attributeByteLimit: Int { min(64 << 20, HDF5File.Filter.largestRatio * source.bytes.count) }
}
