public import Files
public import TensorCore

/// One array of NumPy's npy format.
public enum NPY {
  /// Whether bytes begin as an npy array does.
  public static func isNPY(_ bytes: Bytes) -> Bool {
    bytes.slice(from: 0, count: NPYHeader.magic.count)?.array == NPYHeader.magic
  }

  /// Reads an array: little-endian floats stay where they are, all else is converted exactly.
  ///
  /// `<V2` is bfloat16, as ml_dtypes writes it. Integers of up to 16 bits and booleans become float32, larger ones float64. Fortran order is
  /// turned round.
  /// - Throws: `FormatError` with the byte offset, also for an integer that no Double holds; of kind
  ///   `outOfMemory` where there is no memory to convert.
  public static func tensor(decoding bytes: Bytes) throws(FormatError) -> Tensor {
    let header = try NPYHeader(decoding: bytes)
    let (byteCount, overflow) = header.shape.elementCount.multipliedReportingOverflow(
      by: header.type.byteCount)
    guard !overflow, bytes.count - header.end == byteCount,
      let content = bytes.slice(from: header.end, count: byteCount)
    else {
      throw FormatError(
        at: .byte(header.end),
        "expected \(header.shape) elements of \(header.type.byteCount) bytes, "
          + "found \(bytes.count - header.end) bytes")
    }
    // Converted to float64 at most, and once more in another order.
    do {
      try Memory.require(header.isInPlace ? 0 : 16 * header.shape.elementCount)
    } catch {
      throw FormatError(.outOfMemory, error.description)
    }
    let (elementType, elements) = try header.type.converted(content, at: header.end)
    // Converted to as many elements as the shape has.
    guard header.isFortranOrder else {
      return Tensor(shape: header.shape, elementType: elementType, bytes: elements)!
    }
    // Fortran order, the first axis innermost, is the row-major order of the axes reversed.
    let extents = header.shape.dimensions
    return Tensor(shape: Shape(extents.reversed()), elementType: elementType, bytes: elements)!
      .permuted(extents.indices.reversed())
  }

  /// The header that goes before a tensor's bytes; its length is a multiple of 64.
  ///
  /// A bfloat16 tensor must be widened first: NumPy has no such type.
  static func header(for tensor: Tensor) -> [UInt8] {
    let type =
      switch tensor.elementType {
      case .float16: "<f2"
      case .float32: "<f4"
      case .float64: "<f8"
      case .bfloat16: preconditionFailure("npy has no bfloat16")
      }
    let extents = tensor.shape.dimensions
    let tuple = extents.count == 1 ? "(\(extents[0]),)" : "(\(list(extents)))"
    var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    let padding = 63 - (10 + text.count) % 64
    text += [UInt8](repeating: 0x20, count: padding) + [0x0a]
    return NPYHeader.magic + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)] + text
  }

  private static func list(_ extents: [Int]) -> String {
    extents.map { "\($0)" }.joined(separator: ", ")
  }
}

extension NPYHeader {
  /// Whether the elements are used where they lie.
  fileprivate var isInPlace: Bool {
    (type.kind == .float || type.kind == .brain) && !type.isBigEndian && !isFortranOrder
  }
}

extension NPYType {
  /// The elements as little-endian floats.
  fileprivate func converted(
    _ bytes: Bytes, at offset: Int
  ) throws(FormatError) -> (ElementType, Bytes) {
    switch (kind, byteCount) {
    case (.brain, _): (.bfloat16, isBigEndian ? bytes.swapped(UInt16.self) : bytes)
    case (.float, 2): (.float16, isBigEndian ? bytes.swapped(UInt16.self) : bytes)
    case (.float, 4): (.float32, isBigEndian ? bytes.swapped(UInt32.self) : bytes)
    case (.float, _): (.float64, isBigEndian ? bytes.swapped(UInt64.self) : bytes)
    case (.boolean, _):
      if let index = bytes.firstIndex(where: { $0 > 1 }) {
        throw FormatError(at: .byte(offset + index), "expected a boolean, 0 or 1")
      } else {
        (.float32, bytes.converted(UInt8.self, isBigEndian) { Float($0) })
      }
    case (.signed, 1): (.float32, bytes.converted(Int8.self, isBigEndian) { Float($0) })
    case (.signed, 2): (.float32, bytes.converted(Int16.self, isBigEndian) { Float($0) })
    case (.signed, 4): (.float64, bytes.converted(Int32.self, isBigEndian) { Double($0) })
    case (.signed, _): (.float64, try bytes.exactDoubles(Int64.self, isBigEndian, at: offset))
    case (.unsigned, 1): (.float32, bytes.converted(UInt8.self, isBigEndian) { Float($0) })
    case (.unsigned, 2): (.float32, bytes.converted(UInt16.self, isBigEndian) { Float($0) })
    case (.unsigned, 4): (.float64, bytes.converted(UInt32.self, isBigEndian) { Double($0) })
    case (.unsigned, _): (.float64, try bytes.exactDoubles(UInt64.self, isBigEndian, at: offset))
    }
  }
}

extension Bytes {
  fileprivate func firstIndex(where isWanted: (UInt8) -> Bool) -> Int? {
    withUnsafeBytes { $0.firstIndex(where: isWanted) }
  }

  fileprivate func swapped<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Bytes {
    converted(type, true) { $0.littleEndian }
  }

  /// Each integer replaced by what `transform` makes of it.
  fileprivate func converted<Integer: FixedWidthInteger, Output>(
    _ type: Integer.Type, _ isBigEndian: Bool, _ transform: (Integer) -> Output
  ) -> Bytes {
    let width = Integer.bitWidth / 8
    let elements = count / width
    return Bytes(count: elements * MemoryLayout<Output>.size) { output in
      withUnsafeBytes { input in
        for index in 0..<elements {
          let raw = input.loadUnaligned(fromByteOffset: index * width, as: Integer.self)
          let value = isBigEndian ? Integer(bigEndian: raw) : Integer(littleEndian: raw)
          output.storeBytes(
            of: transform(value), toByteOffset: index * MemoryLayout<Output>.size, as: Output.self)
        }
      }
    }
  }

  /// Integers of 64 bits as Double.
  ///
  /// - Throws: `FormatError` for one that a Double cannot hold.
  fileprivate func exactDoubles<Integer: FixedWidthInteger>(
    _ type: Integer.Type, _ isBigEndian: Bool, at offset: Int
  ) throws(FormatError) -> Bytes {
    var inexact: Int?
    var index = 0
    let doubles = converted(type, isBigEndian) { value in
      if inexact == nil, Double(exactly: value) == nil { inexact = index }
      index += 1
      return Double(value)
    }
    if let inexact {
      throw FormatError(at: .byte(offset + 8 * inexact), "an integer that no float64 holds exactly")
    }
    return doubles
  }
}
