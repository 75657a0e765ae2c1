public import Files
public import JSON
internal import ModelGraph
internal import ModelIO
public import TensorCore

extension Receipt {
  /// What the member `receipt` of the text says: the version of this layout.
  private static let version = 1

  /// The receipt as JSON.
  public var json: JSON {
    var members: [JSON.Member] = [
      .init("receipt", .integer(Receipt.version)),
      .init("sources", .array(sources.map(\.json))),
      .init("targets", .array(targets.map(\.json))),
      .init("entries", .array(entries.map(\.json))),
    ]
    if !leftOut.isEmpty { members.append(.init("leftOut", .array(leftOut.map(\.json)))) }
    return .object(members)
  }

  /// Reads a receipt.
  ///
  /// - Throws: `FormatError` with the byte or the member that is not as it should be.
  public init(parsing bytes: Bytes) throws(FormatError) {
    self = try JSONText(parsing: bytes).withRoot { (root) throws(FormatError) in
      try Receipt(decoding: root)
    }
  }

  private init(decoding value: JSONText.Value) throws(FormatError) {
    var fields = try JSONFields(value, in: "receipt")
    let version = try fields.integer("receipt")
    guard version == Receipt.version else {
      throw fields.fault("expected a receipt of version \(Receipt.version), found \(version)")
    }
    self.init(sources: [], targets: [], entries: [], leftOut: [])
    for value in try fields.array("sources") { sources.append(try File(decoding: value)) }
    for value in try fields.array("targets") { targets.append(try File(decoding: value)) }
    for (index, value) in try fields.array("entries").enumerated() {
      entries.append(try Entry(decoding: value, in: "entry \(index + 1)"))
    }
    if fields.optional("leftOut") != nil {
      for (index, value) in try fields.array("leftOut").enumerated() {
        leftOut.append(
          try HashedTensor(decoding: value, in: "tensor \(index + 1) that was left out"))
      }
    }
    try fields.finish(allowingUnknown: false)
  }
}

extension Receipt.File {
  fileprivate var json: JSON {
    .object([
      .init("name", .string(name)), .init("byteCount", .integer(byteCount)),
      .init("sha256", .string(sha256)),
    ])
  }

  fileprivate init(decoding value: JSONText.Value) throws(FormatError) {
    var fields = try JSONFields(value, in: "file")
    self.init(
      name: try fields.string("name"), byteCount: try fields.integer("byteCount"),
      sha256: try fields.string("sha256"))
    // A name is looked for in the folders the user names and nowhere else.
    guard !["", ".", ".."].contains(name), !name.utf8.contains(where: { [0, 0x2f].contains($0) })
    else {
      throw fields.fault("expected the name of a file without a folder, found \(name)")
    }
    try fields.finish(allowingUnknown: false)
  }
}

extension Receipt.HashedTensor {
  fileprivate var json: JSON {
    let place: [JSON.Member] = [
      .init("file", .string(stored.file)), .init("object", .string(stored.object)),
    ]
    return .object(
      place + stored.members + [.init("sha256", sha256.map { .string($0) } ?? .null)])
  }

  fileprivate init(decoding value: JSONText.Value, in place: String) throws(FormatError) {
    var fields = try JSONFields(value, in: place)
    let file = try fields.string("file")
    stored = try StoredTensor(try fields.string("object"), in: file, decoding: &fields)
    sha256 = stored.byteOffset == nil ? nil : try fields.string("sha256")
    if stored.byteOffset == nil { _ = fields.optional("sha256") }
    try fields.finish(allowingUnknown: false)
  }
}

extension Receipt.Entry {
  fileprivate var json: JSON {
    .object([
      .init("source", source?.json ?? .null),
      .init("transforms", .array(transforms.map(\.json))), .init("target", target.json),
    ])
  }

  /// More than any reader and writer together do to a tensor.
  private static let transformLimit = 16

  fileprivate init(decoding value: JSONText.Value, in place: String) throws(FormatError) {
    var fields = try JSONFields(value, in: place)
    let origin = try fields.required("source")
    source =
      origin.isNull ? nil : try Receipt.HashedTensor(decoding: origin, in: "source of \(place)")
    transforms = []
    for value in try fields.array("transforms") {
      transforms.append(try Ledger.Transform(decoding: value, allowingUnknown: false))
    }
    guard transforms.count <= Receipt.Entry.transformLimit else {
      throw fields.fault(
        "expected at most \(Receipt.Entry.transformLimit) transforms, found \(transforms.count)")
    }
    target = try Receipt.HashedTensor(
      decoding: try fields.required("target"), in: "target of \(place)")
    try fields.finish(allowingUnknown: false)
  }
}
