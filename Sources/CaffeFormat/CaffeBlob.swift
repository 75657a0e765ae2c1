internal import Files
internal import Protobuf
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
  static let axisLimit = 32

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
  /// there, gradients are left out; floats beside doubles, which no version writes, are refused.
  /// NVIDIA's raw data is one run of bytes
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
    var floats = BlobPayload(elementType: .float32)
    var doubles = BlobPayload(elementType: .float64)
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
    guard doubles.elementCount == 0 || floats.elementCount == 0 else {
      throw FormatError(
        at: .byte(start),
        "expected the elements once, found \(floats.elementCount) of data beside "
          + "\(doubles.elementCount) of double_data")
    }
    var payload = doubles.elementCount > 0 ? doubles : floats
    if let raw {
      guard payload.elementCount == 0 else {
        throw FormatError(
          at: .byte(raw.lowerBound),
          "expected the elements once, found raw_data beside \(payload.elementCount) of another field"
        )
      }
      payload = try BlobPayload(raw: raw, type: rawType)
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
