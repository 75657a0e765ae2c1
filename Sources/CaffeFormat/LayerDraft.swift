internal import ModelGraph
internal import Protobuf
internal import TensorCore

/// A layer of a Caffe model on its way to its files.
struct LayerDraft {
  var name: String
  var type: String
  /// The blobs the layer reads.
  var bottoms: [String] = []
  /// The blobs the layer writes.
  var tops: [String] = []
  /// The tensors stored with the layer.
  var blobs: [BlobDraft] = []
  /// The field of the type's parameters; nil for a type that has none.
  private let parameterField: String?
  /// The type's parameters.
  var parameters: MessageBuilder

  /// A layer of a type whose parameters, if it has any, are in a field of LayerParameter.
  init(_ name: String, _ type: String, _ parameterField: String? = nil) {
    self.name = name
    self.type = type
    self.parameterField = parameterField
    let message = MessageBuilder(.layer)
    parameters = parameterField.map { message.empty($0) } ?? message
  }

  /// The layer as a LayerParameter, without its tensors.
  var message: MessageBuilder {
    var message = MessageBuilder(.layer)
    message.add("name", name)
    message.add("type", type)
    for bottom in bottoms { message.add("bottom", bottom) }
    for top in tops { message.add("top", top) }
    // Specifications go with blobs by their order: those before a named one are there, but empty.
    let lastNamed = blobs.lastIndex { $0.sharedName != nil } ?? -1
    for blob in blobs.prefix(lastNamed + 1) {
      message.add("param") { specification in
        if let name = blob.sharedName { specification.add("name", name) }
        // Caffe refuses statistics that could be learned.
        if type == "BatchNorm" { specification.add("lr_mult", Float(0)) }
      }
    }
    if let parameterField, !parameters.isEmpty { message.add(parameterField, parameters) }
    return message
  }
}

extension LayerDraft {
  /// Whether the layer may write to the blob it reads: it makes each element from that one alone.
  var canWorkInPlace: Bool {
    let types = [
      "BatchNorm", "Scale", "Bias", "ReLU", "Clip", "PReLU", "ELU", "Sigmoid", "TanH", "Power",
      "Dropout",
    ]
    return bottoms.count == 1 && types.contains(type)
  }

  /// Whether the layer hands out the memory of its input instead of a copy: who writes to its top
  /// in place also writes to its bottom, which others may still read.
  var sharesMemory: Bool {
    switch type {
    case "Flatten", "Reshape": true
    case "Concat": bottoms.count == 1
    case "Slice": tops.count == 1
    default: false  // The other types, which the schema names by texts, have memory of their own.
    }
  }
}

/// A tensor on its way to a caffemodel.
struct BlobDraft {
  /// The elements under the shape that Caffe gives them.
  var tensor: Tensor
  /// The weight it is, `conv1/kernel`; nil for one that only Caffe needs.
  var weight: String?
  /// What was done to the weight, in order.
  var transforms: [Ledger.Transform] = []
  /// The name under which layers share it.
  var sharedName: String?

  /// The bytes its elements take in the file.
  var byteCount: Int { tensor.shape.elementCount * tensor.elementType.byteCount }
}
