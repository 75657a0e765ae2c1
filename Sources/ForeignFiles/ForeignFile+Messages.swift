internal import Files
internal import TensorCore

extension ForeignFile {
  /// A message of protobuf that is none of Caffe, by numbers and types of its fields.
  ///
  /// A schema is not in its messages: each rule asks for fields that a NetParameter, a BlobProto or a
  /// BlobProtoVector cannot have.
  init?(message bytes: Bytes) {
    guard let sketch = MessageSketch(bytes) else { return nil }
    if sketch.isONNX {
      self.init("an ONNX model")
    } else if sketch.isCoreML {
      self = .model("a model of Core ML", Self.takeSource)
    } else if sketch.isSavedModel {
      self = .model("a SavedModel of TensorFlow", Self.saveFromKeras)
    } else if sketch.isGraph {
      self = .model("a frozen graph of TensorFlow (GraphDef)", Self.takeSource)
    } else if sketch.isMetaGraph {
      self = .model("the graph of a TensorFlow checkpoint (MetaGraphDef)", Self.saveFromKeras)
    } else if sketch.isCaffe2 {
      self = .model("a network of Caffe2", Self.takeSource)
    } else if sketch.isPaddle {
      self = .model("a program of PaddlePaddle", Self.throughKeras)
    } else if let weights = sketch.learnedNet {
      self.init(
        "the state of a Caffe solver, with which training goes on",
        "the weights are in another file, \(weights.printable(limit: 80))")
    } else {
      return nil
    }
  }
}

extension MessageSketch {
  /// ModelProto of onnx/onnx.proto: version and producer, then the graph and the sets of operators.
  fileprivate var isONNX: Bool {
    guard let version = integer(at: 0, number: 1), 1...100 ~= version,
      has(only: [1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26])
    else { return false }
    let texts = [2, 3, 4, 6].compactMap { self[$0] }
    let hasTexts = texts.allSatisfy { value in
      if case .bytes(let bytes) = value {
        bytes.count == 0 || bytes.plainText != nil
      } else {
        false
      }
    }
    guard hasTexts, case .bytes? = self[7] else { return false }
    return !texts.isEmpty
      || all(8).contains { bytes in
        MessageSketch(bytes)?.has(only: [1, 2]) == true
      }
  }

  /// Model of CoreML's Model.proto: version, description, and one model type of a number of 200 up.
  fileprivate var isCoreML: Bool {
    guard let version = integer(at: 0, number: 1), 1...100 ~= version,
      bytes(at: 1, number: 2) != nil
    else { return false }
    return fields.contains {
      guard 200...10_000 ~= $0.number, case .bytes = $0.value else { return false }
      return true
    }
  }

  /// SavedModel of saved_model.proto: a version and graphs with what is said about them.
  fileprivate var isSavedModel: Bool {
    guard integer(at: 0, number: 1) == 1, let graph = bytes(at: 1, number: 2),
      has(only: [1, 2])
    else { return false }
    return MessageSketch(graph).map { inner in inner.all(2).contains(where: \.isGraph) } ?? false
  }

  /// GraphDef of graph.proto.
  fileprivate var isGraph: Bool {
    bytes(at: 0, number: 1).flatMap { MessageSketch($0) }?.isGraphNode ?? false
  }

  /// NodeDef of node_def.proto: a name and an operation. The name of a network in Caffe, which is at
  /// the same place, is text.
  private var isGraphNode: Bool {
    bytes(at: 0, number: 1)?.identifier != nil && bytes(at: 1, number: 2)?.identifier != nil
      && has(only: [1, 2, 3, 4, 5, 6, 7, 8])
  }

  /// MetaGraphDef: what is said about a graph, and the graph.
  fileprivate var isMetaGraph: Bool {
    guard let about = bytes(at: 0, number: 1), about.plainText == nil, MessageSketch(about) != nil
    else { return false }
    // A layer of the first Caffe begins like a graph: what is before it decides.
    return all(2).contains(where: \.isGraph)
  }

  /// NetDef of caffe2.proto: operators whose field 5 is an argument; that of a layer is its type.
  fileprivate var isCaffe2: Bool {
    guard let first = fields.first, first.number <= 2 else { return false }
    return all(2).contains { bytes in
      guard let sketch = MessageSketch(bytes), sketch.has(only: Set(1...9)),
        case .bytes(let type)? = sketch[4], type.identifier != nil, case .bytes? = sketch[5]
      else { return false }
      return true
    }
  }

  /// ProgramDesc of framework.proto: a block of number 0 that has no parent.
  fileprivate var isPaddle: Bool {
    guard let block = bytes(at: 0, number: 1).flatMap({ MessageSketch($0) }),
      block.integer(at: 0, number: 1) == 0, let parent = block.integer(at: 1, number: 2)
    else { return false }
    return parent == .max || parent == UInt64(UInt32.max)
  }

  /// The file that a SolverState of caffe.proto names; nil for another message.
  fileprivate var learnedNet: String? {
    guard integer(at: 0, number: 1) != nil, has(only: [1, 2, 3, 4]) else { return nil }
    return bytes(at: 1, number: 2)?.plainText
  }
}

extension Bytes {
  fileprivate var isGraph: Bool { MessageSketch(self)?.isGraph ?? false }
}
