internal import Files
internal import Protobuf
internal import TensorCore

/// A NetParameter taken apart: the definition, small, and the tensors, left where they lie.
///
/// protobuf-c copies whatever it decodes and has no limits of its own, so it is given the
/// definition only, after every byte of it was checked against the schema.
struct NetMessage {
  /// A field of a schema this toolkit does not have.
  struct UnknownField: Hashable {
    let message: String
    let number: UInt32
  }

  /// More than a hundred times the largest definition known.
  static let definitionLimit = 64 << 20
  /// Thirty times the messages of a ResNet-1202, tensors included: one of four bytes takes 250.
  static let messageLimit = 1 << 20
  /// More kinds of unknown fields than any dialect has.
  static let unknownFieldLimit = 1000

  /// The message without its tensors, encoded again.
  private(set) var definition: [UInt8] = []
  /// The tensors of each layer, in the order of the layers.
  private(set) var blobs: [[CaffeBlob]] = []
  /// The numbers of the fields each layer has, in the same order.
  private(set) var layerFields: [Set<UInt32>] = []
  /// Fields that only NVIDIA's Caffe writes: `scale_bias of BatchNormParameter`.
  private(set) var forkFields: Set<String> = []
  /// What was left out because the schema does not know it, with the number of its occurrences.
  private(set) var unknownFields: [UnknownField: Int] = [:]
  /// The same by layer, in the same order; those of the network itself are at −1.
  private(set) var unknownFieldsByLayer: [Int: Set<UnknownField>] = [:]

  /// Takes a message apart.
  ///
  /// - Throws: `FormatError` with the offset of the first byte that is not as protobuf or the
  ///   schema wants it.
  init(_ bytes: Bytes) throws(FormatError) {
    var message = NetMessage()
    message.definition = try bytes.withSpan { (span: RawSpan) throws(FormatError) in
      let reader = WireReader(0..<span.byteCount)
      return try message.copy(reader, as: .net, in: span, of: bytes).writer.bytes
    }
    self = message
  }

  private init() {}

  private var messageCount = 0

  /// The fields of one message without its tensors, and their numbers.
  private mutating func copy(
    _ reader: WireReader, as schema: MessageSchema, in span: RawSpan, of bytes: Bytes,
    numbers: BNNumbers = BNNumbers()
  ) throws(FormatError) -> (writer: WireWriter, found: Set<UInt32>) {
    var reader = reader
    var writer = WireWriter()
    var found: Set<UInt32> = []
    let forks = ForkFields(of: schema)
    let isBN = schema == .layer && BNNumbers.belong(to: reader, in: span)
    try countMessage(at: reader.position)
    while let field = try reader.next(in: span) {
      let number =
        (isBN ? BNNumbers.ofLayer(field) : nil)
        ?? numbers.schemaNumber(forks.schemaNumber(of: field))
      let isForks = forks.contains(number)
      guard let known = schema.field(numbered: number), !isForks || known.accepts(field.value)
      else {
        let unknown = UnknownField(message: schema.name, number: field.number)
        unknownFields[unknown, default: 0] += 1
        let layer = schema == .net ? -1 : blobs.count - 1
        unknownFieldsByLayer[layer, default: []].insert(unknown)
        guard unknownFields.count <= NetMessage.unknownFieldLimit else {
          throw FormatError(
            at: .byte(field.offset),
            "expected a NetParameter, found more than \(NetMessage.unknownFieldLimit) unknown fields"
          )
        }
        continue
      }
      found.insert(number)
      if isForks, forks.areTelling { forkFields.insert("\(known.name) of \(schema.name)") }
      guard case .message(let inner) = known.kind else {
        try copy(field, known, of: schema, in: span, to: &writer)
        continue
      }
      guard case .lengthPrefixed(let range) = field.value else {
        throw wrongWireType(field, known, of: schema)
      }
      let content = try reader.message(in: range)
      if inner == .blob {
        try countMessage(at: content.position)
        // Tensors lie within layers only: the schema has them nowhere else.
        blobs[blobs.count - 1].append(try CaffeBlob(reading: content, in: span, of: bytes))
        continue
      }
      let isLayer = schema == .net && inner.name.hasSuffix("LayerParameter")
      if isLayer { blobs.append([]) }
      let copied = try copy(
        content, as: inner, in: span, of: bytes,
        numbers: isBN ? BNNumbers(under: field.number) : BNNumbers())
      if isLayer { layerFields.append(copied.found) }
      writer.field(known.number, bytes: copied.writer.bytes)
      guard writer.bytes.count <= NetMessage.definitionLimit else {
        throw FormatError(
          at: .byte(field.offset),
          "expected a definition of at most \(NetMessage.definitionLimit >> 20) MiB beside the tensors, "
            + "found more")
      }
    }
    if let missing = schema.missingField(in: found) {
      throw FormatError(
        at: .byte(reader.end), "expected \(missing.name) in \(schema.name), found none")
    }
    return (writer, found)
  }

  private mutating func countMessage(at offset: Int) throws(FormatError) {
    messageCount += 1
    guard messageCount <= NetMessage.messageLimit else {
      throw FormatError(
        at: .byte(offset), "expected at most \(NetMessage.messageLimit) messages, found more")
    }
  }

  /// Copies numbers or a text.
  private func copy(
    _ field: WireField, _ known: FieldSchema, of schema: MessageSchema, in span: RawSpan,
    to writer: inout WireWriter
  ) throws(FormatError) {
    switch (known.kind, field.value) {
    case (.text, .lengthPrefixed(let range)):
      let text = span.bytes(range)
      guard isText(text) else {
        throw FormatError(
          at: .byte(range.lowerBound), "expected UTF-8 text in \(known.name) of \(schema.name)")
      }
      writer.field(known.number, bytes: text)
    case (.bytes, .lengthPrefixed(let range)):
      writer.field(known.number, bytes: span.bytes(range))
    case (.int32, .varint(let value)), (.int64, .varint(let value)), (.uint32, .varint(let value)),
      (.bool, .varint(let value)), (.enumeration, .varint(let value)):
      writer.field(known.number, varint: value)
    case (.float, .fixed32(let range)):
      let value = span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self)
      writer.field(known.number, fixed32: UInt32(littleEndian: value))
    case (.double, .fixed64(let range)):
      let value = span.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)
      writer.field(known.number, fixed64: UInt64(littleEndian: value))
    case (_, .lengthPrefixed(let range)) where known.isRepeated:
      try checkPacked(range, known, in: span)
      writer.field(known.number, bytes: span.bytes(range))
    case (_, .varint), (_, .fixed32), (_, .fixed64), (_, .lengthPrefixed):
      throw wrongWireType(field, known, of: schema)
    }
  }

  /// Refuses packed numbers that do not fill their run.
  private func checkPacked(
    _ range: Range<Int>, _ known: FieldSchema, in span: RawSpan
  ) throws(FormatError) {
    let size: Int
    switch known.kind {
    case .float: size = 4
    case .double: size = 8
    case .int32, .int64, .uint32, .bool, .enumeration, .text, .bytes, .message:
      var reader = try WireReader(range).message(in: range)
      while reader.position < reader.end { _ = try reader.varint(in: span) }
      return
    }
    guard range.count % size == 0 else {
      throw FormatError(
        at: .byte(range.lowerBound),
        "expected elements of \(size) bytes, found \(range.count) bytes")
    }
  }

  private func wrongWireType(
    _ field: WireField, _ known: FieldSchema, of schema: MessageSchema
  ) -> FormatError {
    let found =
      switch field.value {
      case .varint: "an integer"
      case .fixed32: "4 bytes"
      case .fixed64: "8 bytes"
      case .lengthPrefixed: "a length-prefixed value"
      }
    return FormatError(
      at: .byte(field.offset),
      "expected the type of \(known.name) in \(schema.name), found \(found)")
  }
}
