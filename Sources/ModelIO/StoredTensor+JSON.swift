package import Files
package import JSON
package import ModelGraph
internal import TensorCore

// Ledgers and receipts name file and object in their own ways; the rest is the same in both.
extension StoredTensor {
  /// The members that say where the tensor lies and what it is.
  package var members: [JSON.Member] {
    [
      .init("byteOffset", byteOffset.map { .integer($0) } ?? .null),
      .init("type", .string(elementType.rawValue)), .init("shape", .integers(shape.dimensions)),
    ]
  }

  /// The tensor that `members` describe.
  ///
  /// - Throws: `FormatError` for what is missing, of the wrong kind or too large to be counted.
  package init(
    _ object: String, in file: String, decoding fields: inout JSONFields
  ) throws(FormatError) {
    self.init(
      file: file, object: object, byteOffset: try fields.nullableInteger("byteOffset"),
      elementType: try fields.word("type", ElementType.self), shape: try fields.shape("shape"))
    guard !shape.elementCount.multipliedReportingOverflow(by: elementType.byteCount).overflow else {
      throw fields.fault("\(object): \(shape) has too many bytes to be counted")
    }
  }
}
