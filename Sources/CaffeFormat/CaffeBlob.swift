internal import ModelIO
internal import TensorCore

/// A tensor of a Caffe file, its elements left where they lie in the mapped file.
struct CaffeBlob {
  /// The elements under the shape the file gives.
  var tensor: Tensor
  /// Where the elements begin in the file; nil if they do not lie there in one piece.
  var byteOffset: Int?
  /// Whether the elements are NVIDIA's raw data.
  var isRaw = false
}

extension CaffeBlob {
  /// As many axes as Caffe's blobs have.
  private static let axisLimit = 32

  /// The field numbers of BlobProto.
  private enum Field {
    static let legacyDimensions: ClosedRange<UInt32> = 1...4  // num, channels, height, width
    static let data: UInt32 = 5
    static let gradients: Set<UInt32> = [6, 9, 11, 13]
    static let shape: UInt32 = 7
    static let doubleData: UInt32 = 8
    static let rawDataType: UInt32 = 10
    static let rawData: UInt32 = 12
  }

  /// Reads a BlobProto as Caffe does: the four legacy extents outweigh the shape if any of them is
  /// there, doubles outweigh floats, gradients are left out. NVIDIA's raw data is one run of bytes
  /// with a type of its own.
  ///
  /// - Parameters:
  ///   - reader: at the begin of the message.
  ///   - bytes: the file, of which `span` is a view.
  init(reading reader: WireReader, in span: RawSpan, of bytes: Bytes) throws(FormatError) {
    let start = reader.position
    var reader = reader
    var legacy: [Int]?
    var dimensions: [Int] = []
    var floats = Payload(elementType: .float32)
    var doubles = Payload(elementType: .float64)
    var raw: Range<Int>?
    var rawType: UInt64?
    while let field = try reader.next(in: span) {
      switch (field.number, field.value) {
      case (Field.legacyDimensions, .varint(let value)):
        legacy = legacy ?? [0, 0, 0, 0]
        legacy![Int(field.number) - 1] = Int(Int32(truncatingIfNeeded: value))  // set just above
      case (Field.shape, .lengthPrefixed(let range)):
        dimensions += try CaffeBlob.dimensions(try reader.message(in: range), in: span)
      case (Field.data, _): try floats.count(field)
      case (Field.doubleData, _): try doubles.count(field)
      case (Field.rawData, .lengthPrefixed(let range)): raw = range
      case (Field.rawDataType, .varint(let value)): rawType = value
      case (let number, _) where Field.gradients.contains(number): break
      default:
        throw FormatError(
          at: .byte(field.offset), "expected a field of BlobProto, found field \(field.number)")
      }
    }
    var payload = doubles.elementCount > 0 ? doubles : floats
    if let raw {
      guard payload.elementCount == 0 else {
        throw FormatError(
          at: .byte(raw.lowerBound),
          "expected the elements once, found raw_data beside \(payload.elementCount) of another field"
        )
      }
      payload = try Payload(raw: raw, type: rawType)
      isRaw = true
    }
    let extents = legacy ?? dimensions
    guard extents.count <= CaffeBlob.axisLimit, let shape = Shape(checking: extents) else {
      throw FormatError(
        at: .byte(start),
        "expected at most \(CaffeBlob.axisLimit) extents of 0 or more that can be multiplied, "
          + "found \(extents.prefix(CaffeBlob.axisLimit + 1))")
    }
    guard payload.elementCount == shape.elementCount else {
      throw FormatError(
        at: .byte(start),
        "expected \(shape.elementCount) elements for the shape \(shape), found \(payload.elementCount)"
      )
    }
    byteOffset = payload.offset(orEmptyAt: start)
    let elements = try payload.contiguous(in: start..<reader.end, of: bytes, span: span)
    // As many elements as the shape has, as was just checked.
    tensor = Tensor(shape: shape, elementType: payload.elementType, bytes: elements)!
  }

  /// The extents of a BlobShape, packed or not.
  private static func dimensions(
    _ reader: WireReader, in span: RawSpan
  ) throws(FormatError) -> [Int] {
    var reader = reader
    var extents: [Int] = []
    while let field = try reader.next(in: span) {
      switch (field.number, field.value) {
      case (1, .varint(let value)): extents.append(Int(truncatingIfNeeded: value))
      case (1, .lengthPrefixed(let range)):
        var packed = WireReader(range)
        while packed.position < packed.end, extents.count <= axisLimit {
          extents.append(Int(truncatingIfNeeded: try packed.varint(in: span)))
        }
      default:
        throw FormatError(
          at: .byte(field.offset), "expected an extent, found field \(field.number) of BlobShape")
      }
      // The caller refuses so many; there is no use in collecting more.
      if extents.count > axisLimit { break }
    }
    return extents
  }
}

/// The elements of one field of a blob: one packed run nearly always, but any number of runs and
/// single elements is legal.
private struct Payload {
  let elementType: ElementType
  private var field: UInt32?
  private var byteCount = 0
  private var runCount = 0
  private var first: Range<Int>?

  init(elementType: ElementType) { self.elementType = elementType }

  /// Where the elements lie in one piece; nil if they lie in several.
  func offset(orEmptyAt start: Int) -> Int? {
    runCount <= 1 ? first?.lowerBound ?? start : nil
  }

  /// One run of NVIDIA's raw data, whose type is a value of the enumeration `Type`.
  init(raw range: Range<Int>, type: UInt64?) throws(FormatError) {
    guard let type else {
      throw FormatError(
        at: .byte(range.lowerBound), "expected a raw_data_type beside raw_data, found none")
    }
    switch type {
    case 0: elementType = .float64
    case 1: elementType = .float32
    case 2: elementType = .float16
    case 3, 4, 5:
      let name = ["INT", "UINT", "BOOL"][Int(type) - 3]
      throw FormatError(
        at: .byte(range.lowerBound),
        "expected raw data of type DOUBLE, FLOAT or FLOAT16, found \(name), which no weights have")
    default:
      throw FormatError(
        at: .byte(range.lowerBound), "expected a raw_data_type of 0 to 5, found \(type)")
    }
    guard range.count % elementType.byteCount == 0 else {
      throw FormatError(
        at: .byte(range.lowerBound),
        "expected elements of \(elementType.byteCount) bytes, found \(range.count) bytes")
    }
    guard !range.isEmpty else { return }
    first = range
    runCount = 1
    byteCount = range.count
  }

  var elementCount: Int { byteCount / elementType.byteCount }

  /// Takes note of a run or a single element.
  mutating func count(_ field: WireField) throws(FormatError) {
    let range = try run(field)
    self.field = field.number
    guard !range.isEmpty else { return }
    first = first ?? range
    runCount += 1
    byteCount += range.count  // at most the bytes of the message: cannot overflow
  }

  /// The elements as one piece: in place where they are one, else copied.
  func contiguous(
    in message: Range<Int>, of bytes: Bytes, span: RawSpan
  ) throws(FormatError) -> Bytes {
    guard let first else { return Bytes([]) }
    if runCount == 1 {
      return bytes.slice(from: first.lowerBound, count: first.count)!  // the walk stayed inside
    }
    var copy: [UInt8] = []
    copy.reserveCapacity(byteCount)
    var reader = WireReader(message)
    while let next = try reader.next(in: span) {
      guard next.number == field else { continue }
      for offset in try run(next) {
        copy.append(span.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
      }
    }
    return Bytes(copy)
  }

  private func run(_ field: WireField) throws(FormatError) -> Range<Int> {
    switch (field.value, elementType.byteCount) {
    case (.lengthPrefixed(let range), let size):
      guard range.count % size == 0 else {
        throw FormatError(
          at: .byte(range.lowerBound),
          "expected elements of \(size) bytes, found \(range.count) bytes")
      }
      return range
    case (.fixed32(let range), 4), (.fixed64(let range), 8): return range
    case (.varint, _), (.fixed32, _), (.fixed64, _):
      throw FormatError(
        at: .byte(field.offset), "expected elements of type \(elementType), found another wire type"
      )
    }
  }
}
