public import Files
public import JSON
public import ModelGraph
internal import TensorCore

extension Ledger {
  /// The ledger as the native format holds it.
  public var json: JSON {
    var members: [JSON.Member] = [.init("entries", .array(entries.map(\.json)))]
    if !leftOut.isEmpty {
      members.append(.init("leftOut", .array(leftOut.map { .object($0.ledgerMembers) })))
    }
    return .object(members)
  }

  /// The ledger that `json` describes.
  ///
  /// - Throws: `FormatError` for what is missing or of the wrong kind.
  public init(decoding json: JSONText.Value, allowingUnknown: Bool) throws(FormatError) {
    var fields = try JSONFields(json, in: "ledger")
    self.init()
    for value in try fields.array("entries") {
      entries.append(try Entry(decoding: value, allowingUnknown: allowingUnknown))
    }
    if fields.optional("leftOut") != nil {
      for value in try fields.array("leftOut") {
        leftOut.append(try StoredTensor(decoding: value, allowingUnknown: allowingUnknown))
      }
    }
    try fields.finish(allowingUnknown: allowingUnknown)
  }
}

extension Ledger.Entry {
  fileprivate var json: JSON {
    .object(
      source.ledgerMembers + [
        .init("transforms", .array(transforms.map(\.json))), .init("target", .string(target)),
      ])
  }

  fileprivate init(decoding value: JSONText.Value, allowingUnknown: Bool) throws(FormatError) {
    var fields = try JSONFields(value, in: "ledger")
    self.init(source: try StoredTensor(ledgerMembers: &fields), target: "")
    for value in try fields.array("transforms") {
      transforms.append(try Ledger.Transform(decoding: value, allowingUnknown: allowingUnknown))
    }
    target = try fields.string("target")
    try fields.finish(allowingUnknown: allowingUnknown)
  }
}

extension StoredTensor {
  fileprivate var ledgerMembers: [JSON.Member] {
    [.init("source", .string(object)), .init("file", .string(file))] + members
  }

  fileprivate init(ledgerMembers fields: inout JSONFields) throws(FormatError) {
    let object = try fields.string("source")
    try self.init(object, in: try fields.string("file"), decoding: &fields)
  }

  fileprivate init(decoding value: JSONText.Value, allowingUnknown: Bool) throws(FormatError) {
    var fields = try JSONFields(value, in: "ledger")
    try self.init(ledgerMembers: &fields)
    try fields.finish(allowingUnknown: allowingUnknown)
  }
}

extension Ledger.Transform {
  private enum Name: String, CaseIterable {
    case reshape, transpose, permute, flipKernels, square, invertSquare, divide, swapSpatialAxes,
      setToOne, widen, surroundWithZeros
  }

  /// The transform as ledgers and receipts hold it.
  public var json: JSON {
    switch self {
    case .reshape(let from, let to):
      .object([
        .init("name", .string(Name.reshape.rawValue)), .init("from", .integers(from.dimensions)),
        .init("to", .integers(to.dimensions)),
      ])
    case .transpose: .object([.init("name", .string(Name.transpose.rawValue))])
    case .permute(let axes):
      .object([
        .init("name", .string(Name.permute.rawValue)), .init("axes", .integers(axes)),
      ])
    case .flipKernels: .object([.init("name", .string(Name.flipKernels.rawValue))])
    case .square(let addend):
      .object([
        .init("name", .string(Name.square.rawValue)), .init("adding", JSON(number: addend)),
      ])
    case .invertSquare(let subtrahend):
      .object([
        .init("name", .string(Name.invertSquare.rawValue)),
        .init("subtracting", JSON(number: subtrahend)),
      ])
    case .divide(let divisor):
      .object([
        .init("name", .string(Name.divide.rawValue)), .init("by", JSON(number: divisor)),
      ])
    case .swapSpatialAxes: .object([.init("name", .string(Name.swapSpatialAxes.rawValue))])
    case .setToOne: .object([.init("name", .string(Name.setToOne.rawValue))])
    case .widen(let type):
      .object([
        .init("name", .string(Name.widen.rawValue)), .init("from", .string(type.rawValue)),
      ])
    case .surroundWithZeros(let zeros):
      .object([
        .init("name", .string(Name.surroundWithZeros.rawValue)),
        .init("zeros", .integers([zeros.top, zeros.left, zeros.bottom, zeros.right])),
      ])
    }
  }

  /// The transform that `json` describes.
  ///
  /// - Throws: `FormatError` for what is missing or of the wrong kind.
  public init(decoding value: JSONText.Value, allowingUnknown: Bool) throws(FormatError) {
    var fields = try JSONFields(value, in: "ledger")
    switch try fields.word("name", Name.self) {
    case .reshape: self = .reshape(from: try fields.shape("from"), to: try fields.shape("to"))
    case .transpose: self = .transpose
    case .permute: self = .permute(try fields.integers("axes"))
    case .flipKernels: self = .flipKernels
    case .square: self = .square(adding: try fields.number("adding"))
    case .invertSquare: self = .invertSquare(subtracting: try fields.number("subtracting"))
    case .divide: self = .divide(by: try fields.number("by"))
    case .swapSpatialAxes: self = .swapSpatialAxes
    case .setToOne: self = .setToOne
    case .widen: self = .widen(from: try fields.word("from", ElementType.self))
    case .surroundWithZeros:
      let sides = try fields.integers("zeros", count: 4)
      self = .surroundWithZeros(
        Padding(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3]))
    }
    try fields.finish(allowingUnknown: allowingUnknown)
  }
}
