internal import Files
internal import ModelGraph
internal import TensorCore

/// The operators that are read, by what reads them.
enum OperatorFamily {
  case convolution, pooling, globalPooling, normalization, localNormalization
  case activation, binary, variadic, clip, prelu, softmax
  case product, shape, joining, padding, reduction, ending, folding, identity

  private static let families: [(OperatorFamily, [String])] = [
    (.convolution, ["Conv"]),
    (.pooling, ["MaxPool", "AveragePool"]),
    (.globalPooling, ["GlobalAveragePool", "GlobalMaxPool"]),
    (.normalization, ["BatchNormalization"]),
    (.localNormalization, ["LRN"]),
    (
      .activation,
      [
        "Relu", "LeakyRelu", "Elu", "Selu", "Celu", "Sigmoid", "HardSigmoid", "Tanh", "HardSwish",
        "Swish", "Gelu", "Mish", "Softplus", "Softsign", "Abs", "Exp", "Log", "Erf", "Neg", "Sqrt",
        "Reciprocal",
      ]
    ),
    (.binary, ["Add", "Sub", "Mul", "Div", "Pow"]),
    (.variadic, ["Sum", "Mean", "Max", "Min"]),
    (.clip, ["Clip"]), (.prelu, ["PRelu"]), (.softmax, ["Softmax", "LogSoftmax"]),
    (.product, ["Gemm", "MatMul"]),
    (
      .shape,
      ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Expand"]
    ),
    (.joining, ["Concat", "Split", "Slice"]), (.padding, ["Pad"]),
    (.reduction, ["ReduceMean", "ReduceMax", "ReduceSum"]),
    (.ending, ["ArgMax"]),
    (
      .folding,
      [
        "Constant", "ConstantOfShape", "Shape", "Size", "Gather", "Range", "Equal", "Where", "Cast",
        "CastLike",
        "Floor", "Ceil",
      ]
    ),
    (.identity, ["Identity", "Dropout"]),
  ]

  private static let byName = Dictionary(
    uniqueKeysWithValues: families.flatMap { family, names in names.map { ($0, family) } })

  /// The family of ONNX' own operator of a name; nil for one that is not read.
  static func of(_ node: ONNXNode) -> OperatorFamily? {
    node.domain.isEmpty ? byName[node.op] : nil
  }
}

extension GraphReader {
  /// Refuses a graph with operators that no layer computes, by the first nodes of each.
  func refuseUnsupported() throws(FormatError) {
    var found: [(op: String, place: String, count: Int)] = []
    for node in graph.nodes where OperatorFamily.of(node) == nil {
      let op = node.domain.isEmpty ? node.op : "\(node.domain).\(node.op)"
      if let index = found.firstIndex(where: { $0.op == op }) {
        found[index].count += 1
      } else {
        found.append((op, node.place, 1))
      }
    }
    guard !found.isEmpty else { return }
    let words = found.prefix(5).map { op, place, count in
      "\(op.printable(limit: 60)) (\(place.printable(limit: 60))"
        + (count > 1 ? " and \(count - 1) more)" : ")")
    }
    let quantized = found.contains { $0.op.contains("Quantize") || $0.op.hasPrefix("QLinear") }
    throw FormatError(
      at: .object(found[0].place),
      "operators that are not supported: " + words.joined(separator: ", ")
        + (found.count > 5 ? " and \(found.count - 5) others" : "")
        + (quantized ? ": quantized models are not read, export the model before quantization" : "")
    )
  }

  /// Reads one node.
  mutating func read(_ node: ONNXNode) throws(FormatError) {
    if node.op == "CastLike" { return try readCastLike() }
    if try foldIfKnown() { return }
    switch OperatorFamily.of(node)! {  // the others were refused
    case .convolution: try readConvolution()
    case .pooling: try readPooling()
    case .globalPooling: try readGlobalPooling()
    case .normalization: try readBatchNormalization()
    case .localNormalization: try readLocalNormalization()
    case .activation: try readActivation()
    case .binary: try readBinary()
    case .variadic: try readVariadic()
    case .clip: try readClip()
    case .prelu: try readPRelu()
    case .softmax: try readSoftmax()
    case .product: if node.op == "Gemm" { try readGemm() } else { try readMatMul() }
    case .shape: try readShaping()
    case .joining: try readJoining()
    case .padding: try readPad()
    case .reduction: try readReduction()
    case .ending:
      attributes.ignore("axis", "keepdims", "select_last_index")
      try leaveOut(try value())
    case .folding: try readShapeQuestion()
    case .identity: try readIdentity()
    }
  }

  private mutating func readIdentity() throws(FormatError) {
    let value = try value()
    guard node.op == "Dropout" else { return make(.value(value)) }
    attributes.ignore("seed", "is_test")
    guard node.outputs.count < 2 || !isRead(node.outputs[1]) else {
      throw node.fault("the mask of a dropout is not supported")
    }
    var rate = try attributes.float("ratio")
    if hasInput(1) { rate = try constant(1, "the ratio").scalar }
    if hasInput(2), try constant(2, "the training mode").scalar != 0 {
      throw node.fault(
        "a dropout in training mode is not supported: export the model for inference")
    }
    let known = rate.flatMap { (0...1).contains($0) ? $0 : nil } ?? 0.5
    make(.value(try addElementwise(.passThrough(.init(kind: .dropout, rate: known)), to: value)))
  }
}

extension GraphReader {
  /// A value with its axes and elements in the order in which ONNX has them.
  mutating func inOrder(_ value: Value, part: String? = "order") throws(FormatError) -> Value {
    switch value.layout {
    case .plain: return value
    case .line:
      let shape = value.onnxShape
      return try add(
        .reshape(.init(extents: [shape[2]], axis: 2, axisCount: 2)), to: [value], part: part)
    case .permuted(let axes):
      return try add(.permutation(.init(axes: axes)), to: [value], part: part)
    }
  }

  /// A value as images: `[batch, channels, height, width]`, or lines as images of one row.
  mutating func image(_ value: Value) throws(FormatError) -> Value {
    guard value.layout != .line else { return value }
    let plain = try inOrder(value)
    switch plain.shape.rank {
    case 4: return plain
    case 3:
      var line = try add(
        .reshape(.init(extents: [1, plain.shape[2]], axis: 2, axisCount: 1)), to: [plain],
        part: "line")
      line.layout = .line
      return line
    default:
      throw node.fault(
        "expected images of 4 axes or lines of 3 for \(node.op), found \(plain.shape)")
    }
  }

  /// An axis of a value, which may be counted from the end.
  func axis(_ axis: Int, of rank: Int) throws(FormatError) -> Int {
    guard -rank..<rank ~= axis else {
      throw node.fault("expected an axis of \(-rank) to \(rank - 1), found \(axis)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Axes, each once.
  func axes(_ list: [Int], of rank: Int) throws(FormatError) -> [Int] {
    var result: [Int] = []
    for item in list {
      let axis = try axis(item, of: rank)
      guard !result.contains(axis) else { throw node.fault("names the axis \(axis) twice") }
      result.append(axis)
    }
    return result
  }
}
