internal import Files
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import Protobuf
internal import TensorCore

/// A network on its way to an ONNX file: one operator for a layer, or a few that compute the same.
struct GraphDraft {
  /// A parameter of an operator.
  enum Attribute {
    case int(Int)
    case ints([Int])
    case float(Double)
    case string(String)
  }

  let network: LoweredNetwork
  let opset: Int
  let schema = ONNXSchema()
  private(set) var nodes: [MessageBuilder] = []
  private(set) var initializers: [InitializerDraft] = []
  var remarks = Remarks<ONNXRemark>()
  /// Names of values, taken by the network's own at first.
  private var names: Set<String>
  /// Names of initializers by what they are.
  private var constants: [String: String] = [:]
  private var nodeNames: Set<String> = []
  /// The weights' owners, where layers share them.
  private let owners: [String: String]
  /// The node that is being written.
  private(set) var node: Node
  /// The inputs and outputs whose first axis is a batch of any size.
  let batched: Set<String>
  /// The layer that makes each value.
  private(set) var makers: [String: Layer] = [:]

  /// What ONNX has no operators for becomes layers that it has.
  static let passes: [any LoweringPass] = [DivideStatistics(), SeparateFlattening()]

  /// - Throws: `FormatError` naming the layer that ONNX cannot express in this set of operators.
  init(_ model: Network, opset: Int) throws(FormatError) {
    self.opset = opset
    var network = try LoweredNetwork(model)
    try network.apply(Self.passes)
    self.network = network
    names = Set(network.nodes.flatMap(\.outputs))
    let lowered = try network.network()
    batched = lowered.batchedEnds
    let weights = lowered.allWeights
    owners = Dictionary(weights.map { ($0.name, $0.owner) }) { first, _ in first }
    node = network.nodes[0]  // a network has layers, and these passes leave out none
    for (change, item) in network.changes where change == .dividedStatistics {
      remarks.add(.statistics, item)
    }
    for node in network.nodes {
      self.node = node
      try write(node)
      for output in node.outputs { makers[output] = node.layer }
    }
  }

  /// The value that the node reads.
  func input(_ index: Int = 0) -> String { node.inputs[index] }

  /// The shape of a value of the network.
  func shape(of value: String) -> Shape { network.shapes[value]! }  // every value has a shape

  /// The value that the node makes.
  var output: String { node.outputs[0] }

  /// A value between the operators of one layer.
  mutating func between(_ part: String) -> String { names.insertUnused("\(node.name)/\(part)") }

  /// An error about the layer.
  func fault(_ reason: String) -> FormatError {
    FormatError(at: .object(network.source(of: node.name)), reason)
  }

  /// Adds an operator.
  ///
  /// - Parameter outputs: nil: the value that the node makes.
  mutating func emit(
    _ op: String, _ inputs: [String], to outputs: [String]? = nil,
    _ attributes: [(name: String, value: Attribute)] = []
  ) {
    var message = MessageBuilder(schema.node)
    for input in inputs { message.add("input", input) }
    let outputs = outputs ?? node.outputs
    for output in outputs { message.add("output", output) }
    let isWhole = outputs == node.outputs
    message.add("name", nodeNames.insertUnused(isWhole ? node.name : outputs[0]))
    message.add("op_type", op)
    for (name, value) in attributes {
      var attribute = message.empty("attribute")
      attribute.add("name", name)
      switch value {
      case .int(let number):
        attribute.add("i", number)
        attribute.add("type", named: "INT")
      case .ints(let numbers):
        for number in numbers { attribute.add("ints", number) }
        attribute.add("type", named: "INTS")
      case .float(let number):
        attribute.add("f", rounded(number))
        attribute.add("type", named: "FLOAT")
      case .string(let text):
        attribute.add("s", text)
        attribute.add("type", named: "STRING")
      }
      message.add("attribute", attribute)
    }
    nodes.append(message)
  }

  // MARK: - Constants

  /// A weight of the layer as float32: operators take values of one type, so that another one is
  /// converted when the network runs.
  ///
  /// - Parameters:
  ///   - shape: the shape that the operator wants.
  ///   - transforms: what was done to `tensor` before, for the receipt.
  mutating func weight(
    _ role: Layer.WeightRole, _ tensor: Tensor, as shape: Shape? = nil,
    _ transforms: [Ledger.Transform] = []
  ) -> String {
    let own = "\(node.name)/\(role.rawValue)"
    let owner = owners[own] ?? own
    let origin = network.origin(of: role, in: node.name)
    var transforms = origin.transforms + transforms
    var stored = tensor
    if let shape, shape != tensor.shape {
      stored = tensor.reshaped(to: shape)
      transforms.append(.reshape(from: tensor.shape, to: shape))
    }
    let key = "\(owner) \(stored.shape) \(transforms)"
    if let known = constants[key] { return known }
    let name = names.insertUnused(owner)
    initializers.append(
      InitializerDraft(name: name, tensor: stored, weight: origin.weight, transforms: transforms))
    constants[key] = converted(name, stored.elementType)
    return constants[key]!
  }

  private mutating func converted(_ name: String, _ type: ElementType) -> String {
    guard type != .float32 else { return name }
    remarks.add(.converted, "\(name) (\(type))")
    let float = names.insertUnused("\(name)/float32")
    emit("Cast", [name], to: [float], [("to", .int(ONNXType.float))])
    return float
  }

  /// Numbers that only ONNX needs.
  mutating func constant(_ name: String, _ numbers: [Float], _ shape: Shape) -> String {
    let key = "\(name) \(numbers.map(\.bitPattern)) \(shape)"
    if let known = constants[key] { return known }
    let name = names.insertUnused(name)
    initializers.append(InitializerDraft(name: name, tensor: Tensor(shape, numbers)))
    constants[key] = name
    return name
  }

  /// One number.
  mutating func number(_ number: Double) -> String { constant("number", [rounded(number)], []) }

  /// A number as ONNX' parameters are.
  private mutating func rounded(_ number: Double) -> Float {
    if number.isFinite, Double(Float(number)) != number { remarks.add(.rounded, node.name) }
    return Float(number)
  }

  /// Integers that are an input of an operator.
  mutating func integers(_ what: String, _ numbers: [Int]) -> String {
    let name = names.insertUnused("\(node.name)/\(what)")
    initializers.append(InitializerDraft(name: name, integers: numbers))
    return name
  }
}

extension Network {
  /// The inputs and outputs whose first axis is a batch of any size: none where one image more does
  /// not fit, or changes anything but that axis of an output.
  fileprivate var batchedEnds: Set<String> {
    guard let batch = inputs.first?.shape.dimensions.first else { return [] }
    func larger(_ shape: Shape) -> Shape { Shape([batch + 1] + shape.dimensions.dropFirst()) }
    var ends: Set<String> = []
    var asked: [String: Shape] = [:]
    for (name, shape) in inputs where shape.dimensions.first == batch {
      ends.insert(name)
      asked[name] = larger(shape)
    }
    guard let before = try? shapes(), let after = try? shapes(for: asked) else { return [] }
    for name in outputs {
      guard let shape = before[name], let other = after[name], shape != other else { continue }
      guard shape.dimensions.first == batch, other == larger(shape) else { return [] }
      ends.insert(name)
    }
    return ends
  }
}

/// A tensor on its way to an ONNX file.
struct InitializerDraft {
  let name: String
  let dimensions: [Int]
  /// A value of `DataType`.
  let dataType: Int
  let elements: Tensor.Elements
  let elementType: ElementType?
  /// The weight it is, `conv1/kernel`; nil for one that only ONNX needs.
  var weight: String?
  /// What was done to the weight, in order.
  var transforms: [Ledger.Transform] = []

  init(
    name: String, tensor: Tensor, weight: String? = nil, transforms: [Ledger.Transform] = []
  ) {
    self.name = name
    dimensions = tensor.shape.dimensions
    elementType = tensor.elementType
    elements = tensor.elements
    self.weight = weight
    self.transforms = transforms
    dataType =
      switch tensor.elementType {
      case .float32: ONNXType.float
      case .float16: ONNXType.float16
      case .float64: ONNXType.double
      case .bfloat16: ONNXType.bfloat16
      }
  }

  init(name: String, integers: [Int]) {
    self.name = name
    dimensions = [integers.count]
    dataType = ONNXType.int64
    elementType = nil
    let bytes = integers.map { Int64($0).littleEndian }.withUnsafeBytes { Bytes(copying: $0) }
    elements = .stored(bytes)
  }
}

/// What a model loses, or how it is rewritten, on its way to ONNX.
enum ONNXRemark: RemarkKind {
  case converted, lines, identities, statistics, rounded

  var sentence: String {
    switch self {
    case .converted:
      "weights are kept as they are and converted to float32 when the network runs"
    case .lines: "lines are written as images of one row"
    case .identities: "layers that only matter in training are written as Identity"
    case .statistics: "running sums are divided by their factor"
    case .rounded: "parameters are rounded to float32, which those of ONNX are"
    }
  }
}
