internal import Files
internal import JSON
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// A network in Keras' terms: one layer for each of the lowered network, with its channels last.
struct KerasGraph {
  let network: LoweredNetwork
  var layers: [LayerDraft] = []
  /// The values that enter and leave.
  private(set) var inputs: [LayerDraft.Reference] = []
  var outputs: [LayerDraft.Reference] = []
  /// The name of the model.
  private(set) var name = ""
  var remarks = Remarks<KerasRemark>()

  /// The values made so far, under their canonical names.
  var values: [String: DraftValue] = [:]
  /// Values in other arrangements.
  var rearranged: [Rearrangement: DraftValue] = [:]
  /// The layers that read each value.
  let readers: [String: [Node]]
  /// Depthwise convolutions that wait for the one over single pixels behind them, by their values.
  var separable: [String: (layer: Layer.Convolution, node: Node)] = [:]
  /// Rectifiers with a slope for each element, by the name of their last layer.
  let elementSlopes: [String: ElementSlopes]
  /// Layers that are part of another one.
  var fused: Set<String> = []
  /// Permutations that became layers.
  var usedPermutations: Set<String> = []
  /// The names in Keras of the canonical layers.
  private var names: [String: String] = [:]
  private var takenNames: Set<String> = [KerasDefinition.modelGroup]
  /// Layers with weights, by the place of the first one.
  var owners: [Tensor.Place: [Int]] = [:]
  /// What Keras makes of each of its values by flattening it: the same for every order of its axes.
  var flattened: [LayerDraft.Reference: LayerDraft.Reference] = [:]
  /// The image that each flattened value was.
  var images: [LayerDraft.Reference: DraftValue] = [:]

  struct Rearrangement: Hashable {
    var source: LayerDraft.Reference
    var arrangement: DraftValue.Arrangement
  }
}

extension KerasGraph {
  /// What Keras has no layers for becomes layers that it has.
  static let passes: [any LoweringPass] = [
    LeaveOutUnreadInputs(),
    DivideStatistics(),
    FoldScales(),
    ScaleAsConvolution(format: "Keras"),
    SeparateCoefficients(),
    // Keras has no strides with dilation, TensorFlow no unequal ones for depthwise convolutions.
    SeparateStrides { layer, isDepthwise in layer.needsSeparateStride(isDepthwise: isDepthwise) },
    PadConvolutionsAsSame { node in node.name.withoutSuffix("/depthwise") },
    PadPoolingsAsSame(format: "Keras"),
    SeparatePaddings(),
    SeparateFlattening(),
    WidenWeights(),
  ]

  /// Writes a network as layers.
  ///
  /// - Throws: `FormatError` naming the layer that Keras cannot express.
  init(_ model: Network) throws(FormatError) {
    var network = try LoweredNetwork(model)
    let slopes = ElementSlopes.all(in: network)
    let kept = Set(slopes.keys).union(slopes.values.flatMap(\.parts))
    try network.apply(Self.passes.map { kept.isEmpty ? $0 : ExceptLayers(kept, $0) })
    self.init(network: network, readers: network.readers, elementSlopes: slopes)
    fused = Set(slopes.values.flatMap(\.parts))
    for (change, item) in network.changes {
      if let remark = KerasRemark(change) { remarks.add(remark, item) }
    }
    name = Self.fit(network.name.isEmpty ? "model" : network.name)
    nameLayers()
    for node in network.nodes { try add(node) }
    try addOutputs()
  }

  private init(
    network: LoweredNetwork, readers: [String: [Node]], elementSlopes: [String: ElementSlopes]
  ) {
    self.network = network
    self.readers = readers
    self.elementSlopes = elementSlopes
  }

  /// The canonical shape of a value.
  func shape(of value: String) -> Shape { network.shapes[value]! }  // every value has a shape

  private mutating func add(_ node: Node) throws(FormatError) {
    guard !fused.contains(node.name) else { return }
    if let rectifier = elementSlopes[node.name] { return try add(rectifier, node) }
    switch node.layer {
    case .input(let input): try add(input, node)
    case .convolution(let layer): try add(layer, node)
    case .batchNormalization(let layer): try add(layer, node)
    case .scale(let layer): try add(layer, node)
    case .bias(let layer): try add(layer, node)
    case .activation(let function): try add(function, node)
    case .prelu(let layer): try add(layer, node)
    case .pooling(let layer): try add(layer, node)
    case .globalPooling(let layer): try add(layer, node)
    case .elementwise(let layer): try add(layer, node)
    case .concatenation(let layer): try add(layer, node)
    case .slice(let layer): try add(layer, node)
    case .crop: throw fault(node, "Keras has no layer that takes part of the elements of an axis")
    case .zeroPadding(let layer): try add(layer, node)
    case .fullyConnected(let layer): try add(layer, node)
    case .flatten(let layer): try add(layer, node)
    case .reshape(let layer): try add(layer, node)
    case .permutation(let layer): try add(layer, node)
    case .softmax(let layer): try add(layer, node)
    case .localResponseNormalization:
      throw fault(node, "Keras has no layer of local response normalization")
    case .passThrough(let layer): try add(layer, node)
    }
  }

  private mutating func add(_ input: Layer.Input, _ node: Node) throws(FormatError) {
    try require(
      input.shape.rank > 1 && input.shape.dimensions.allSatisfy { $0 > 0 }, node,
      "expected a batch of values of 1 or more extents, found \(input.shape)")
    let value = DraftValue(
      source: LayerDraft.Reference(layer: layers.count, call: 0), shape: input.shape,
      arrangement: DraftValue.standard(input.shape.rank))
    layers.append(
      LayerDraft(
        name: name(of: node), node: node.name, type: .input, settings: [], weights: [], calls: [[]],
        shapes: [value.kerasShape]))
    inputs.append(value.source)
    values[node.outputs[0]] = value
  }

  private mutating func addOutputs() throws(FormatError) {
    for output in network.outputs {
      var value = self.value(output)
      value = arranged(value, DraftValue.standard(value.shape.rank), for: output)
      if layers[value.source.layer].type == .input || outputs.contains(value.source) {
        remarks.add(.identities, output)
        value = append(
          unusedName(Self.fit(output)), .activation, [.init("activation", .string("linear"))],
          to: [value], shape: value.shape, value.arrangement)
      }
      outputs.append(value.source)
    }
    guard !outputs.isEmpty else {
      throw FormatError(.badModel, "expected layers that make an output, found none")
    }
  }
}

// Names and errors.
extension KerasGraph {
  /// An error about a layer.
  func fault(_ node: Node, _ reason: String) -> FormatError {
    FormatError(at: .object(network.source(of: node.name)), reason)
  }

  /// Throws an error about a layer unless a condition holds.
  func require(
    _ condition: Bool, _ node: Node, _ reason: @autoclosure () -> String
  ) throws(FormatError) {
    guard condition else { throw fault(node, reason()) }
  }

  /// A layer's name in Keras.
  func name(of node: Node) -> String { names[node.name]! }  // every node was named at first

  /// Gives each layer its name; the ones that are fit stay, whatever others become.
  private mutating func nameLayers() {
    let nodes = network.nodes.map(\.name)
    for name in nodes where name == Self.fit(name) { names[name] = unusedName(name) }
    for name in nodes where name != Self.fit(name) { names[name] = unusedName(Self.fit(name)) }
  }

  /// A name that no layer has.
  mutating func unusedName(_ name: String) -> String { takenNames.insertUnused(name) }

  /// A name that Keras, TensorFlow's scopes and HDF5's groups take: the first character is no dash
  /// or underscore, and a lone point is none.
  static func fit(_ name: String) -> String {
    let scalars = name.unicodeScalars.map { scalar -> Character in
      let isFit =
        scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains(scalar))
      return isFit ? Character(scalar) : "_"
    }
    let fit = String(scalars)
    return fit == "." || (fit.first.map { "_-".contains($0) } ?? true) ? "x\(fit)" : fit
  }
}
