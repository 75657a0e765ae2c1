internal import Files
internal import Protobuf
internal import TensorCore

/// The elements of one field of a blob: one packed run nearly always, but any number of runs and
/// single elements is legal.
struct BlobPayload {
  let elementType: ElementType
  private var field: UInt32?
  private var byteCount = 0
  private var runCount = 0
  private var first: Range<Int>?

  init(elementType: ElementType) { self.elementType = elementType }

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

  /// Where the elements lie in one piece; nil if they lie in several.
  func offset(orEmptyAt start: Int) -> Int? {
    runCount <= 1 ? first?.lowerBound ?? start : nil
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
