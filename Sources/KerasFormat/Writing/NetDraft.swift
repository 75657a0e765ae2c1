internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// A network rewritten in Keras' terms: layers with their channels last.
struct NetDraft {
  let network: Network
  /// The canonical shape of every value.
  let shapes: [String: Shape]
  private(set) var layers: [LayerDraft] = []
  /// The values that enter and leave.
  private(set) var inputs: [LayerDraft.Reference] = []
  private(set) var outputs: [LayerDraft.Reference] = []
  /// The name of the model.
  private(set) var name = ""
  var remarks = Remarks()

  /// The values made so far, under their canonical names.
  private var values: [String: DraftValue] = [:]
  /// Values in other arrangements.
  private var rearranged: [Rearrangement: DraftValue] = [:]
  /// The layers that read each value.
  private(set) var readers: [String: [Node]] = [:]
  /// Normalizations that wait for the scale behind them, by their values.
  var waiting: [String: (layer: Layer.BatchNormalization, node: Node)] = [:]
  /// Convolutions in depth that wait for the one over single pixels behind them, by their values.
  var separable: [String: (layer: Layer.Convolution, node: Node)] = [:]
  /// Activations that are part of the layer before them.
  var fused: Set<String> = []
  /// The names in Keras of the canonical layers.
  private var names: [String: String] = [:]
  private var takenNames: Set<String> = [KerasDefinition.modelGroup]
  /// Layers with weights, by the offset of the first one in its storage.
  private var owners: [Int: [Int]] = [:]

  private struct Rearrangement: Hashable {
    var source: LayerDraft.Reference
    var arrangement: DraftValue.Arrangement
  }
}

extension NetDraft {
  /// Rewrites a network.
  ///
  /// - Throws: `FormatError` naming the layer that Keras cannot express.
  init(_ network: Network) throws(FormatError) {
    do {
      self.init(network: network, shapes: try network.shapes())
    } catch {
      throw FormatError(at: error.layer.map { .object($0) }, error.reason)
    }
    name = Self.fit(network.name.isEmpty ? "model" : network.name)
    for node in network.nodes { nameLayer(node) }
    for node in network.nodes {
      for value in node.inputs { readers[value, default: []].append(node) }
    }
    for node in network.nodes { try add(node) }
    try addOutputs()
  }

  private init(network: Network, shapes: [String: Shape]) {
    self.network = network
    self.shapes = shapes
  }

  private mutating func add(_ node: Node) throws(FormatError) {
    guard !fused.contains(node.name) else { return }
    switch node.layer {
    case .input(let input): try add(input, node)
    case .convolution(let layer): try add(layer, node)
    case .batchNormalization(let layer): try add(layer, node)
    case .scale(let layer): try add(layer, node)
    case .bias(let layer): try add(layer, node)
    case .relu(let layer): try add(layer, node)
    case .prelu(let layer): try add(layer, node)
    case .elu(let layer): try add(layer, node)
    case .sigmoid: try addActivation("sigmoid", node)
    case .tanh: try addActivation("tanh", node)
    case .power(let layer): try add(layer, node)
    case .pooling(let layer): try add(layer, node)
    case .globalPooling(let layer): try add(layer, node)
    case .elementwise(let layer): try add(layer, node)
    case .concatenation(let layer): try add(layer, node)
    case .slice: throw fault(node, "Keras has no layer that cuts a value into several")
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
    guard readers[node.outputs[0]] != nil else {
      return remarks.add(.unreadInputs, node.name)
    }
    var value = DraftValue(
      source: LayerDraft.Reference(layer: layers.count, call: 0), shape: input.shape,
      arrangement: DraftValue.standard(input.shape.rank))
    value.isNonNegative = false
    layers.append(
      LayerDraft(
        name: name(of: node), type: .input, settings: [], weights: [], calls: [[]],
        shapes: [value.kerasShape]))
    inputs.append(value.source)
    values[node.outputs[0]] = value
  }

  private mutating func addOutputs() throws(FormatError) {
    for output in network.outputs {
      // An input that nobody reads.
      guard var value = values[output] else { continue }
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

// Values.
extension NetDraft {
  /// The value of a canonical name: made before it is read.
  func value(_ name: String) -> DraftValue { values[name]! }

  /// A node's inputs.
  func inputs(_ node: Node) -> [DraftValue] { node.inputs.map(value) }

  /// Takes a value for what a node makes.
  mutating func finish(_ node: Node, _ value: DraftValue, isNonNegative: Bool = false) {
    var value = value
    value.isNonNegative = isNonNegative
    values[node.outputs[0]] = value
  }

  /// The value in some arrangement, by layers of their own where it has another one.
  ///
  /// - Parameter reader: who wants it, for the names of these layers.
  mutating func arranged(
    _ value: DraftValue, _ wanted: DraftValue.Arrangement, for reader: String
  ) -> DraftValue {
    guard value.arrangement != wanted else { return value }
    let key = Rearrangement(source: value.source, arrangement: wanted)
    if let known = rearranged[key] { return known }
    var result = value
    let name = Self.fit(reader)
    switch (value.arrangement, wanted) {
    case (.flattened(let channels, let height, let width), _):
      let image: Shape = [value.shape[0], channels, height, width]
      result = append(
        unusedName("\(name)_image"), .reshape,
        [.init("target_shape", .integers([height, width, channels]))], to: [value], shape: image,
        .image)
      result = arranged(result, .plain(4), for: reader)
      result = append(
        unusedName("\(name)_flatten"), .flatten, [], to: [result], shape: value.shape, .plain(2))
    case (.axes(let axes), .axes(let order)):
      // Both have each canonical axis once.
      let dimensions = order.map { axes.firstIndex(of: $0)! }
      result = append(
        unusedName("\(name)_permute"), .permute,
        [.init("dims", .integers(Array(dimensions.dropFirst())))], to: [value],
        shape: value.shape, wanted)
      remarks.add(.permutations, layers[result.source.layer].name)
    case (.axes, .flattened): preconditionFailure("only a flatten layer flattens")
    }
    result.isNonNegative = value.isNonNegative
    rearranged[key] = result
    return result
  }

  /// The value as an image with its channels last.
  mutating func image(_ value: DraftValue, for node: Node) -> DraftValue {
    arranged(value, .image, for: node.name)
  }

  /// The value in the canonical order.
  mutating func plain(_ value: DraftValue, for node: Node) -> DraftValue {
    arranged(value, .plain(value.shape.rank), for: node.name)
  }

  /// The values in one arrangement.
  mutating func alike(_ values: [DraftValue], for node: Node) -> [DraftValue] {
    guard Set(values.map(\.arrangement)).count > 1 else { return values }
    var alike: [DraftValue] = []
    for value in values {
      alike.append(arranged(value, DraftValue.standard(value.shape.rank), for: node.name))
    }
    return alike
  }
}

// Layers.
extension NetDraft {
  /// Adds a layer that computes what a node does, under its name.
  mutating func append(
    _ node: Node, _ type: LayerDraft.Class, _ settings: [JSON.Member] = [],
    weights: [WeightDraft] = [], to inputs: [DraftValue], shape: Shape,
    _ arrangement: DraftValue.Arrangement
  ) -> DraftValue {
    append(
      name(of: node), type, settings, weights: weights, to: inputs, shape: shape, arrangement)
  }

  /// Adds a layer, or calls one again that has the same weights and settings.
  mutating func append(
    _ name: String, _ type: LayerDraft.Class, _ settings: [JSON.Member],
    weights: [WeightDraft] = [], to inputs: [DraftValue], shape: Shape,
    _ arrangement: DraftValue.Arrangement
  ) -> DraftValue {
    var value = DraftValue(
      source: LayerDraft.Reference(layer: layers.count, call: 0), shape: shape,
      arrangement: arrangement)
    let draft = LayerDraft(
      name: name, type: type, settings: settings, weights: weights,
      calls: [inputs.map(\.source)], shapes: [value.kerasShape])
    if let twin = twin(of: draft) {
      value.source = LayerDraft.Reference(layer: twin, call: layers[twin].calls.count)
      layers[twin].calls += draft.calls
      layers[twin].shapes += draft.shapes
      remarks.add(.sharedLayers, "\(name) as \(layers[twin].name)")
    } else {
      if let origin = draft.weights.first?.origin {
        owners[origin.bytes.offset, default: []].append(layers.count)
      }
      layers.append(draft)
    }
    return value
  }

  /// The layer before that has the very same weights, all of them, and settings.
  private func twin(of draft: LayerDraft) -> Int? {
    guard let first = draft.weights.first?.origin else { return nil }
    return owners[first.bytes.offset]?.first { owner in
      let other = layers[owner]
      return other.type == draft.type && other.settings == draft.settings
        && other.weights.count == draft.weights.count
        && zip(other.weights, draft.weights).allSatisfy { $0.isShared(with: $1) }
    }
  }

  /// A tensor as a weight of Keras.
  mutating func weight(
    _ variable: String, _ tensor: Tensor, _ role: Layer.WeightRole, _ node: Node,
    _ transforms: [Ledger.Transform] = []
  ) throws(FormatError) -> WeightDraft {
    let name = "\(node.name)/\(role.rawValue)"
    var transforms = transforms
    switch tensor.elementType {
    case .float16, .bfloat16:
      transforms.append(.widen(from: tensor.elementType))
      remarks.add(.widening, "\(name) (\(tensor.elementType))")
    case .float64: remarks.add(.doubles, name)
    case .float32: break
    }
    var moved = tensor
    for transform in transforms {
      guard let next = transform.applied(to: moved) else {
        throw FormatError(
          .outOfMemory, at: .object(node.name), "no memory for \(transform.description)")
      }
      moved = next
    }
    return WeightDraft(
      variable: variable, tensor: moved, weight: name, transforms: transforms, origin: tensor)
  }

  /// A weight of one number for each channel.
  mutating func vector(
    _ variable: String, _ tensor: Tensor, _ role: Layer.WeightRole, _ node: Node,
    _ transforms: [Ledger.Transform] = []
  ) throws(FormatError) -> WeightDraft {
    let shape = Shape([tensor.shape.elementCount])
    let reshape: [Ledger.Transform] =
      tensor.shape == shape ? [] : [.reshape(from: tensor.shape, to: shape)]
    return try weight(variable, tensor, role, node, reshape + transforms)
  }
}

// Names and errors.
extension NetDraft {
  /// An error about a layer.
  func fault(_ node: Node, _ reason: String) -> FormatError {
    FormatError(at: .object(node.name), reason)
  }

  /// Throws an error about a layer unless a condition holds.
  func require(
    _ condition: Bool, _ node: Node, _ reason: @autoclosure () -> String
  ) throws(FormatError) {
    guard condition else { throw fault(node, reason()) }
  }

  /// A layer's name in Keras.
  func name(of node: Node) -> String { names[node.name]! }  // every node was named at first

  private mutating func nameLayer(_ node: Node) {
    let name = unusedName(Self.fit(node.name))
    names[node.name] = name
    if name != node.name { remarks.add(.names, "\(node.name) to \(name)") }
  }

  /// A name that no layer has.
  mutating func unusedName(_ name: String) -> String {
    var candidate = name
    var suffix = 1
    while !takenNames.insert(candidate).inserted {
      suffix += 1
      candidate = "\(name)_\(suffix)"
    }
    return candidate
  }

  /// A name that Keras and TensorFlow's scopes take: the first character is no dash or underscore.
  static func fit(_ name: String) -> String {
    let scalars = name.unicodeScalars.map { scalar -> Character in
      let isFit =
        scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains(scalar))
      return isFit ? Character(scalar) : "_"
    }
    let fit = String(scalars)
    return fit.first.map { $0 == "_" || $0 == "-" } ?? true ? "x\(fit)" : fit
  }
}
