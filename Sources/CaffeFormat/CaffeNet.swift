internal import Files
internal import ModelIO
internal import Protobuf
internal import TensorCore

/// A network as a Caffe file describes it, upgraded in memory to the present dialect.
struct CaffeNet {
  /// Which fields hold the layers.
  enum Generation {
    /// `layers` that hold a `layer` with the parameters of all types (2013).
    case v0
    /// `layers`, with an enumeration for a type (until 2014).
    case v1
    /// `layer`, with a text for a type.
    case v2
  }

  var name: String
  var generation: Generation
  var layers: [CaffeLayer]
  /// The `stage`s of the definition's own state.
  var stages: [String]
  /// The `level` of the definition's own state; nil where it has none.
  var level: Int?
  /// What was folded or left out, one sentence each.
  var notes: [String]
  /// Fields that only NVIDIA's Caffe writes: `scale_bias of BatchNormParameter`.
  var forkFields: Set<String>
  /// Its own fields that the schema does not have; those of layers are theirs.
  var unknownFields: [UnknownField] = []
}

extension CaffeNet {
  /// The names of layers, blobs and shared parameters.
  var names: [String] {
    layers.flatMap { $0.bottoms + $0.tops + $0.sharedBlobs.compactMap { $0?.name } + [$0.name] }
  }

  /// Engines of forks compute the same as Berkeley's.
  static let textRules = TextFormatParser.Rules(
    sections: ["layer", "layers"],
    mixtureReason:
      "a definition with both, the present layer and the layers of 2014, is read by no "
      + "Caffe",
    openEnumerations: ["engine"])

  /// Reads a definition in protobuf's text format.
  init(text bytes: Bytes) throws(FormatError) {
    var parser = try TextFormatParser(bytes, rules: CaffeNet.textRules)
    let encoded = try parser.message(.net)
    let message: NetMessage
    do {
      message = try NetMessage(Bytes(encoded))
    } catch {
      // Its offset is one of the encoding, which nobody sees.
      throw FormatError(.badModel, error.reason)
    }
    if let index = message.blobs.firstIndex(where: { !$0.isEmpty }) {
      throw FormatError(
        at: .object("layer \(index + 1)"),
        "expected a definition without tensors, found \(message.blobs[index].count)")
    }
    let unknownFields = Dictionary(grouping: parser.unknownFields, by: \.section)
    try self.init(message, unknownFields: unknownFields.mapValues { $0.map(UnknownField.init) })
  }

  /// Reads a caffemodel: definition and tensors.
  init(binary bytes: Bytes) throws(FormatError) {
    let message = try NetMessage(bytes)
    let notes = message.unknownFields.sorted {
      ($0.key.message, $0.key.number) < ($1.key.message, $1.key.number)
    }.map { field, count in
      "left out field \(field.number) of \(field.message), unknown to the schema (\(count) found)"
    }
    let unknownFields = message.unknownFieldsByLayer.mapValues { fields in
      fields.map { UnknownField(name: "\($0.number)", message: $0.message) }
        .sorted { ($0.message, $0.name) < ($1.message, $1.name) }
    }
    try self.init(message, notes: listed(notes), unknownFields: unknownFields)
  }
}
