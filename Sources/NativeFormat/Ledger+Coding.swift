internal import ModelGraph
internal import ModelIO
internal import TensorCore

extension Ledger {
  /// The ledger as it is written.
  var coded: JSON {
    .object([.init("entries", .array(entries.map(\.coded)))])
  }

  /// The ledger of a file.
  ///
  /// - Throws: `FormatError` for what is missing or of the wrong kind.
  init(decoding json: JSONText.Value, allowingUnknown: Bool) throws(FormatError) {
    var fields = try Fields(json, in: "ledger")
    self.init()
    for value in try fields.array("entries") {
      entries.append(try Entry(decoding: value, allowingUnknown: allowingUnknown))
    }
    try fields.finish(allowingUnknown: allowingUnknown)
  }
}

extension Ledger.Entry {
  fileprivate var coded: JSON {
    .object([
      .init("source", .string(source)), .init("byteOffset", .integer(byteOffset)),
      .init("byteCount", .integer(byteCount)),
      .init("transforms", .array(transforms.map(\.coded))), .init("target", .string(target)),
    ])
  }

  fileprivate init(decoding value: JSONText.Value, allowingUnknown: Bool) throws(FormatError) {
    var fields = try Fields(value, in: "ledger")
    self.init(
      source: try fields.string("source"), byteOffset: try fields.integer("byteOffset"),
      byteCount: try fields.integer("byteCount"), target: "")
    for value in try fields.array("transforms") {
      transforms.append(try Ledger.Transform(decoding: value, allowingUnknown: allowingUnknown))
    }
    target = try fields.string("target")
    try fields.finish(allowingUnknown: allowingUnknown)
  }
}

extension Ledger.Transform {
  private enum Name: String, CaseIterable { case reshape, transpose }

  fileprivate var coded: JSON {
    switch self {
    case .reshape(let from, let to):
      .object([
        .init("name", .string(Name.reshape.rawValue)), .init("from", .integers(from.dimensions)),
        .init("to", .integers(to.dimensions)),
      ])
    case .transpose: .object([.init("name", .string(Name.transpose.rawValue))])
    }
  }

  fileprivate init(decoding value: JSONText.Value, allowingUnknown: Bool) throws(FormatError) {
    var fields = try Fields(value, in: "ledger")
    switch try fields.word("name", Name.self) {
    case .reshape: self = .reshape(from: try fields.shape("from"), to: try fields.shape("to"))
    case .transpose: self = .transpose
    }
    try fields.finish(allowingUnknown: allowingUnknown)
  }
}
