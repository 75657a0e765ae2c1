internal import Files
internal import JSON
internal import TensorCore

/// What the header says of one tensor.
struct TensorEntry {
  static let highestRank = 8
  static let longestName = 4096
  static let highestCount = 100_000

  var name: String
  var elementType: ElementType
  var shape: Shape
  /// From the beginning of the tensors.
  var offset: Int
  var byteCount: Int

  /// The end, with the zeros behind the last element.
  var end: Int { offset + Chunks.padded(byteCount) }
}

extension TensorEntry {
  /// The entry as it is written.
  var coded: JSON {
    .object([
      .init("name", .string(name)), .init("type", .string(elementType.rawValue)),
      .init("shape", .integers(shape.dimensions)), .init("offset", .integer(offset)),
      .init("byteCount", .integer(byteCount)),
    ])
  }

  /// The entries of a header: they must fill `byteCount` bytes, in order, without a hole.
  ///
  /// - Throws: `FormatError` naming the first tensor that does not.
  static func entries(
    decoding values: JSONText.Elements, byteCount: Int, allowingUnknown: Bool
  ) throws(FormatError) -> [TensorEntry] {
    var entries: [TensorEntry] = []
    var end = 0
    for value in values {
      guard entries.count < highestCount else {
        throw FormatError(at: .object("header"), "more than \(highestCount) tensors")
      }
      let entry = try TensorEntry(decoding: value, allowingUnknown: allowingUnknown)
      guard entry.offset == end else {
        throw entry.fault("expected offset \(end), found \(entry.offset)")
      }
      guard entry.byteCount <= byteCount - end, entry.end <= byteCount else {
        throw entry.fault("\(entry.byteCount) bytes from \(end) on reach past the end of the file")
      }
      end = entry.end
      entries.append(entry)
    }
    guard end == byteCount else {
      throw FormatError(
        at: .object("header"), "the tensors take \(end) bytes of \(byteCount): some belong to none")
    }
    return entries
  }

  private init(
    decoding value: JSONText.Value, allowingUnknown: Bool
  ) throws(FormatError) {
    var fields = try JSONFields(value, in: "header")
    name = try fields.string("name")
    fields.place = name
    elementType = try fields.word("type", ElementType.self)
    shape = try fields.shape("shape")
    offset = try fields.integer("offset")
    byteCount = try fields.integer("byteCount")
    try fields.finish(allowingUnknown: allowingUnknown)
    guard 1...Self.longestName ~= name.utf8.count else {
      throw fields.fault("expected a name of 1 to \(Self.longestName) bytes")
    }
    guard shape.rank <= Self.highestRank else {
      throw fields.fault("\(shape.rank) axes, expected at most \(Self.highestRank)")
    }
    let wanted = shape.elementCount.multipliedReportingOverflow(by: elementType.byteCount)
    guard wanted == (byteCount, false) else {
      throw fields.fault("\(byteCount) bytes for \(shape) of \(elementType)")
    }
  }

  private func fault(_ reason: String) -> FormatError { FormatError(at: .object(name), reason) }
}
