internal import Files
internal import Lowering
internal import ModelGraph
internal import Protobuf
internal import TensorCore

/// An ONNX file before it is written: what stands where, in it and in the file of external data.
struct ONNXLayout {
  /// A run of bytes of a file.
  enum Piece {
    case bytes([UInt8])
    case elements(Tensor.Elements)

    var byteCount: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .elements(let elements): elements.byteCount
      }
    }
  }

  /// Where the elements of an initializer begin.
  struct Place {
    var isExternal: Bool
    var byteOffset: Int
  }

  private(set) var pieces: [Piece] = []
  /// The file of external data; empty where there is none.
  private(set) var externalPieces: [Piece] = []
  /// The places of the initializers, in their order.
  private(set) var places: [Place] = []
  var byteCount: Int { pieces.reduce(0) { $0 + $1.byteCount } }
  var externalByteCount: Int { externalPieces.reduce(0) { $0 + $1.byteCount } }

  /// Larger than protobuf's readers take.
  static let sizeLimit = Int(Int32.max)
  /// Elements in another file begin at such a multiple: a reader maps pages.
  private static let pageByteCount = 4096
  /// Below this many bytes elements stay in the file itself: shapes are looked at by every reader.
  private static let smallByteCount = 1024

  /// - Parameter externalName: the name of the file of external data; nil: all in one file.
  init(
    _ model: Model, _ draft: GraphDraft, _ choice: ONNXWritingOptions, externalName: String?
  ) {
    let schema = draft.schema
    var head = MessageBuilder(schema.model)
    head.add("ir_version", choice.irVersion)
    head.add("producer_name", "resnet-toolkit")
    var tail = MessageBuilder(schema.model)
    tail.add("opset_import") { $0.add("version", draft.opset) }
    for (key, value) in ModelMetadata.pairs(of: model) {
      tail.add("metadata_props") { pair in
        pair.add("key", key)
        pair.add("value", value)
      }
    }
    var graphHead = MessageBuilder(schema.graph)
    for node in draft.nodes { graphHead.add("node", node) }
    graphHead.add("name", draft.network.name.isEmpty ? "model" : draft.network.name)
    let graphTail = Self.ends(of: draft, MessageBuilder(schema.graph))
    let (front, back) = (graphHead.bytes(), graphTail.bytes())

    var initializers: [Piece] = []
    var isInside: [Int?] = []  // the offset of the elements among the initializers
    var inside = 0
    func add(_ piece: Piece) {
      initializers.append(piece)
      inside += piece.byteCount
    }
    var outside = 0
    for initializer in draft.initializers {
      var message = MessageBuilder(schema.tensor)
      for extent in initializer.dimensions { message.add("dims", extent) }
      message.add("data_type", initializer.dataType)
      message.add("name", initializer.name)
      if let externalName, initializer.elements.byteCount >= Self.smallByteCount {
        let start = (outside + Self.pageByteCount - 1) / Self.pageByteCount * Self.pageByteCount
        externalPieces.append(.bytes([UInt8](repeating: 0, count: start - outside)))
        externalPieces.append(.elements(initializer.elements))
        outside = start + initializer.elements.byteCount
        for (key, value) in [
          ("location", externalName), ("offset", "\(start)"),
          ("length", "\(initializer.elements.byteCount)"),
        ] {
          message.add("external_data") { pair in
            pair.add("key", key)
            pair.add("value", value)
          }
        }
        message.add("data_location", named: "EXTERNAL")
        let bytes = message.bytes()
        add(.bytes(Self.prefix("initializer", of: schema.graph, bytes.count) + bytes))
        places.append(Place(isExternal: true, byteOffset: start))
        isInside.append(nil)
        continue
      }
      let bytes = message.bytes()
      let raw = Self.prefix("raw_data", of: schema.tensor, initializer.elements.byteCount)
      let count = bytes.count + raw.count + initializer.elements.byteCount
      add(.bytes(Self.prefix("initializer", of: schema.graph, count) + bytes + raw))
      places.append(Place(isExternal: false, byteOffset: inside))
      isInside.append(inside)
      add(.elements(initializer.elements))
    }
    let graphCount = front.count + inside + back.count
    let start = head.bytes() + Self.prefix("graph", of: schema.model, graphCount) + front
    pieces = [.bytes(start)] + initializers + [.bytes(back), .bytes(tail.bytes())]
    for index in places.indices where !places[index].isExternal {
      places[index].byteOffset += start.count
    }
  }

  /// Inputs and outputs, their batch open where the network has one.
  private static func ends(of draft: GraphDraft, _ empty: MessageBuilder) -> MessageBuilder {
    var message = empty
    let network = draft.network
    let inputs = network.nodes.filter { if case .input = $0.layer { true } else { false } }
    func add(_ field: String, _ value: String, to message: inout MessageBuilder) {
      let shape = draft.shape(of: value)
      message.add(field) { info in
        info.add("name", value)
        info.add("type") { type in
          type.add("tensor_type") { tensor in
            tensor.add("elem_type", ONNXType.float)
            tensor.add("shape") { dimensions in
              for (axis, extent) in shape.dimensions.enumerated() {
                dimensions.add("dim") { dimension in
                  if axis == 0, draft.batched.contains(value) {
                    dimension.add("dim_param", "batch")
                  } else {
                    dimension.add("dim_value", extent)
                  }
                }
              }
            }
          }
        }
      }
    }
    for node in inputs { add("input", node.outputs[0], to: &message) }
    for output in network.outputs { add("output", output, to: &message) }
    return message
  }

  /// The tag of a length-prefixed field and its length.
  private static func prefix(_ field: String, of schema: MessageSchema, _ count: Int) -> [UInt8] {
    var writer = WireWriter()
    writer.varint(UInt64(schema.field(named: field)!.number) << 3 | 2)  // a field of the schema
    writer.varint(UInt64(count))
    return writer.bytes
  }
}
