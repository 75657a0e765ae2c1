internal import Files
internal import HDF5
internal import ModelGraph
internal import TensorCore

/// Builds the canonical network by calling the layers of a model one after the other.
struct NetworkBuilder {
  /// The tensors in the file and which of them each layer has; nil for a definition alone, whose
  /// weights are absent.
  let stored: StoredWeights?
  let matching: WeightMatching?
  let origin: Origin
  /// Where channels are in layers that do not say.
  let dataFormat: KerasLayout.DataFormat
  /// The name of the file that holds the tensors, for the ledger.
  let fileName: String
  /// The shape the user wants for the input, batch first, channels second.
  let inputShape: Shape?

  var nodes: [Node] = []
  private(set) var ledger = Ledger()
  /// The number types that Keras computes the layer at hand with, if they are not float32.
  private var policy: String?
  /// Layers whose value depends on the size of the input: `same` padding at strides above 1.
  var sizedLayers: [String] = []
  /// Matrices whose rows were put into another order.
  var reorderedMatrices: [String] = []

  /// The names that are taken, with the highest number that was put behind each.
  var nodeNames: [String: Int] = [:]
  var valueNames: [String: Int] = [:]
  /// Twenty times the layers of a ResNet-1202. Models that call models within them several times
  /// multiply what a short definition asks for.
  private static let callLimit = 100_000
  private var callCount = 0
  /// Of the paths of the layers that are called, each as often as it is called.
  private static let pathByteLimit = 16 << 20
  private var pathByteCount = 0
  /// The layers that were made already, by the path of the layer and the role of the part.
  private var made: [String: Layer] = [:]
  /// The plain twin of a value that has another arrangement, and the image of one that is plain.
  private var rearranged: [String: KerasValue] = [:]
  /// The values that are cut, by axis and name.
  var cuts: [String: Cut] = [:]
  /// What values that were joined from others were made of.
  var joined: [String: Joined] = [:]

  /// A builder for a model.
  init(
    stored: StoredWeights?, matching: WeightMatching?, origin: Origin,
    dataFormat: KerasLayout.DataFormat, fileName: String, inputShape: Shape?
  ) {
    self.stored = stored
    self.matching = matching
    self.origin = origin
    self.dataFormat = dataFormat
    self.fileName = fileName
    self.inputShape = inputShape
  }
}

// The walk through a model.
extension NetworkBuilder {
  /// Calls every layer of the outermost model.
  ///
  /// - Throws: `FormatError` naming the layer that is at fault.
  mutating func build(_ model: KerasModel) throws(FormatError) {
    var inputs: [KerasValue] = []
    for reference in model.inputs {
      inputs.append(try addInput(model.layers[reference.layer], count: model.inputs.count))
    }
    try addOutputs(try run(model, inputs, prefix: ""))
  }

  /// The values that leave a model for values that enter it.
  private mutating func run(
    _ model: KerasModel, _ inputs: [KerasValue], prefix: String
  ) throws(FormatError) -> [KerasValue] {
    var values: [KerasModel.Reference: KerasValue] = [:]
    for (reference, value) in zip(model.inputs, inputs) { values[reference] = value }
    for (index, call) in try model.order() {
      let layer = model.layers[index]
      callCount += 1
      guard callCount <= Self.callLimit else {
        throw FormatError(
          .refused, at: .object(layer.path),
          "expected at most \(Self.callLimit) calls of layers, found more")
      }
      pathByteCount += layer.path.utf8.count
      guard pathByteCount <= Self.pathByteLimit else {
        throw FormatError(
          .refused, at: .object(layer.path),
          "expected calls of layers with at most \(Self.pathByteLimit) bytes of names, found more")
      }
      if layer.type == .input {
        guard values[.init(layer: index, call: call, output: 0)] != nil else {
          throw layer.settings.fault("the layer is no input of its model")
        }
        continue
      }
      var arguments: [KerasValue] = []
      for reference in layer.calls[call] {
        guard let value = values[reference] else {
          throw layer.settings.fault("a value is read that no layer makes")
        }
        arguments.append(value)
      }
      let results: [KerasValue]
      if let inner = layer.model {
        guard arguments.count == inner.inputs.count else {
          throw layer.settings.fault(
            "expected \(inner.inputs.count) values to enter the model, found \(arguments.count)")
        }
        results = try run(inner, arguments, prefix: "\(prefix)\(layer.name)/")
      } else {
        policy = layer.policy
        let result =
          layer.operation == nil
          ? try self.call(layer, arguments)
          : try operate(layer, layer.operatorCalls[call], arguments)
        results = [result]
      }
      for (output, value) in results.enumerated() {
        values[.init(layer: index, call: call, output: output)] = value
      }
    }
    var outputs: [KerasValue] = []
    for reference in model.outputs {
      guard let value = values[reference] else {
        throw model.layers[reference.layer].settings.fault("an output is read that is not made")
      }
      outputs.append(value)
    }
    return outputs
  }
}

// What layers are added with.
extension NetworkBuilder {
  /// A canonical layer of those that one layer of Keras becomes.
  struct Part {
    /// What is put behind the layer's name; nil for the part that has the name itself.
    var suffix: String?
    var layer: Layer
    /// What is put behind the name for its value, where another part follows.
    var valueSuffix: String

    init(_ suffix: String?, _ layer: Layer, value: String = "linear") {
      self.suffix = suffix
      self.layer = layer
      valueSuffix = suffix ?? value
    }
  }

  /// Adds layers in a chain; the first reads the inputs, and the value of the last has the name.
  ///
  /// - Throws: `FormatError` where they do not fit the shapes.
  @discardableResult
  mutating func add(
    _ name: String, _ parts: [Part], to inputs: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    let result = Self.unused(name, among: &valueNames)
    var values = inputs
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      let nodeName = Self.unused(
        part.suffix.map { "\(name)/\($0)" } ?? name, among: &nodeNames)
      let valueName =
        isLast ? result : Self.unused("\(name)/\(part.valueSuffix)", among: &valueNames)
      var node = Node(
        nodeName, part.layer, inputs: values.map(\.name), outputs: [valueName])
      node.policy = policy
      do {
        let shape = try node.outputShapes(for: values.map(\.shape))[0]
        values = [KerasValue(name: valueName, shape: shape, arrangement: inputs[0].arrangement)]
      } catch {
        throw FormatError(at: .object(name), error.reason)
      }
      nodes.append(node)
    }
    return values[0]
  }

  /// Adds the layer of a value that the caller provides; returns its name.
  mutating func appendInput(_ wanted: String, _ shape: Shape, isLine: Bool) -> String {
    let name = Self.unused(wanted, among: &nodeNames)
    valueNames[name] = 1
    nodes.append(Node(name, .input(.init(shape: shape, isLine: isLine))))
    return name
  }

  /// A name that is not taken; static, so that nothing else of the builder is copied with the set.
  static func unused(_ name: String, among names: inout [String: Int]) -> String {
    var candidate = name
    var number = names[name] ?? 0
    while number > 0, names[candidate] != nil {
      number += 1
      candidate = "\(name)#\(number)"
    }
    names[name] = max(number, 1)
    names[candidate] = names[candidate] ?? 1
    return candidate
  }

  /// A layer with weights, made at the first call and shared by all.
  mutating func once(
    _ key: String, _ make: (inout NetworkBuilder) throws(FormatError) -> Layer
  ) throws(FormatError) -> Layer {
    let key = matching?.ownKey(key) ?? key
    if let layer = made[key] { return layer }
    let layer = try make(&self)
    made[key] = layer
    return layer
  }

  /// The tensor of a layer's variable, as the canonical model has it.
  ///
  /// - Parameters:
  ///   - expected: its extents in the file.
  ///   - transforms: what is done to a tensor of that shape.
  ///   - target: the name of the weight.
  mutating func weight(
    _ variable: Variable, of layer: KerasLayer, expected: [Int], target: String,
    transforms: (Shape) -> [Ledger.Transform] = { _ in [] }
  ) throws(FormatError) -> Tensor {
    guard let stored, let matching else {
      return try absentWeight(variable, of: layer, expected: expected, transforms)
    }
    guard let weight = matching.weights[layer.path]?[variable] else {
      throw layer.settings.fault("the layer's \(variable.rawValue) is not in the file")
    }
    let dataset = weight.dataset
    var tensor = try stored.file.tensor(dataset)  // the extents of a virtual one are not its own
    guard dataset.shape.dimensions == expected else {
      throw FormatError(
        at: .object(weight.source),
        "expected shape \(expected) for \(variable.rawValue) of \(layer.path), found "
          + "\(dataset.shape)")
    }
    let steps = transforms(dataset.shape)
    ledger.entries.append(
      Ledger.Entry(
        source: StoredTensor(
          file: stored.file.shardName(of: dataset) ?? fileName, object: weight.source,
          byteOffset: dataset.run == nil ? nil : tensor.storedBytes?.offset,
          elementType: tensor.elementType, shape: dataset.shape),
        transforms: steps, target: target))
    for step in steps {
      guard let next = step.applied(to: tensor) else {
        throw FormatError(
          .outOfMemory, at: .object(weight.source), "no memory for \(step.description)")
      }
      tensor = next
    }
    return tensor
  }

  /// A weight of a definition alone.
  private func absentWeight(
    _ variable: Variable, of layer: KerasLayer, expected: [Int],
    _ transforms: (Shape) -> [Ledger.Transform]
  ) throws(FormatError) -> Tensor {
    guard let shape = Shape(checking: expected), var tensor = Tensor(absent: shape) else {
      throw layer.settings.fault(
        "the layer's \(variable.rawValue) has more numbers than can be counted")
    }
    for step in transforms(shape) {
      guard let next = step.applied(to: tensor) else {
        throw layer.settings.fault("\(step.description) does not fit \(variable.rawValue)")
      }
      tensor = next
    }
    return tensor
  }

  /// A tensor of one number for each channel.
  mutating func vector(
    _ variable: Variable, of layer: KerasLayer, count: Int, target: String,
    transforms: [Ledger.Transform] = []
  ) throws(FormatError) -> Tensor {
    try weight(variable, of: layer, expected: [count], target: target) { _ in transforms }
  }
}

// Values in another arrangement.
extension NetworkBuilder {
  /// The value with its elements in the order of Keras.
  mutating func plain(_ value: KerasValue) throws(FormatError) -> KerasValue {
    if let known = rearranged[value.name] { return known }
    var parts: [Part]
    switch value.arrangement {
    case .plain: return value
    case .image: parts = [Part(nil, value.permutation([0, 2, 3, 1]))]
    case .line:
      let (length, channels) = (value.shape[3], value.shape[1])
      parts = [
        Part("channels-last", value.permutation([0, 3, 2, 1])),
        Part(nil, .reshape(.init(extents: [length, channels], axis: 1))),
      ]
    case .plane:
      parts = [Part(nil, .reshape(.init(extents: [value.shape[2], value.shape[3]], axis: 1)))]
    case .flattened(let height, let width, let channels):
      parts = [
        Part("image", .reshape(.init(extents: [channels, height, width], axis: 1))),
        Part("channels-last", .permutation(.init(axes: [0, 2, 3, 1]))),
        Part(nil, .flatten(.init())),
      ]
    }
    var result = try add("\(value.name)/plain", parts, to: [value])
    result.arrangement = .plain
    rearranged[value.name] = result
    return result
  }

  /// An image of Keras with channels behind, as the canonical model has it.
  mutating func image(_ value: KerasValue) throws(FormatError) -> KerasValue {
    if value.arrangement == .image { return value }
    if value.arrangement == .plane {
      throw FormatError(
        at: .object(value.name), "expected an image, found one without its channels")
    }
    if let known = rearranged[value.name], known.arrangement == .image { return known }
    let source = try plain(value)
    var result = try add(
      "\(value.name)/image", [Part(nil, source.permutation([0, 3, 1, 2]))], to: [source])
    result.arrangement = .image
    rearranged[value.name] = result
    return result
  }
}

extension NetworkBuilder {
  /// A line of Keras with channels behind, as the canonical model has it.
  mutating func line(_ value: KerasValue) throws(FormatError) -> KerasValue {
    if value.arrangement == .line { return value }
    if let known = rearranged[value.name], known.arrangement == .line { return known }
    let source = try plain(value)
    let (length, channels) = (source.shape[1], source.shape[2])
    var result = try add(
      "\(value.name)/line",
      [
        Part("channels-first", source.permutation([0, 2, 1])),
        Part(nil, .reshape(.init(extents: [channels, 1, length], axis: 1))),
      ], to: [source])
    result.arrangement = .line
    rearranged[value.name] = result
    return result
  }
}

extension KerasValue {
  /// The axes in another order; where only extents of 1 move, the same elements in another shape.
  func permutation(_ axes: [Int]) -> Layer {
    let moving = axes.filter { shape[$0] != 1 }
    guard moving == moving.sorted() else { return .permutation(.init(axes: axes)) }
    return .reshape(.init(extents: axes.dropFirst().map { shape[$0] }, axis: 1))
  }
}
