public import TensorCore

/// One layer at its place in the graph.
public struct Node: Sendable {
  /// The layer's name; unique in its network.
  public var name: String
  /// What it computes.
  public var layer: Layer
  /// The values it reads.
  public var inputs: [String]
  /// The values it makes: one of the layer's own name, or several for a slice.
  public var outputs: [String]
  /// The number types that the source computes the layer with, if it names others than float32:
  /// `mixed_float16` of Keras. Nothing here computes otherwise; a writer of that format gives it back.
  public var policy: String?

  /// A layer at its place; its output has its name unless others are given.
  public init(_ name: String, _ layer: Layer, inputs: [String] = [], outputs: [String]? = nil) {
    self.name = name
    self.layer = layer
    self.inputs = inputs
    self.outputs = outputs ?? [name]
  }
}

/// Layers in topological order over named values, each assigned once.
public struct Network: Sendable {
  /// The name its definition gives.
  public let name: String
  /// The layers; each reads only values of layers before it.
  public let nodes: [Node]
  /// The values no layer reads, in order: the results.
  public let outputs: [String]

  /// A network of layers that are already in topological order.
  ///
  /// - Throws: `NetworkError` for a name that is empty or used twice, a value that is read before
  ///   it is made, a wrong number of inputs or outputs, or no layers at all.
  public init(name: String, nodes: [Node]) throws(NetworkError) {
    guard !nodes.isEmpty else { throw NetworkError("the network has no layers") }
    var layerNames = Set<String>(minimumCapacity: nodes.count)
    var made = Set<String>(minimumCapacity: nodes.count)
    var read = Set<String>(minimumCapacity: nodes.count)
    for node in nodes {
      guard !node.name.isEmpty else { throw NetworkError("a layer has an empty name") }
      guard layerNames.insert(node.name).inserted else {
        throw NetworkError(layer: node.name, "two layers have this name")
      }
      try node.checkArity()
      for value in node.inputs {
        // By bytes, too: `String` calls names equal that files take for two.
        guard let place = made.firstIndex(of: value), made[place].utf8.elementsEqual(value.utf8)
        else {
          throw NetworkError(layer: node.name, "reads \(value), which no earlier layer makes")
        }
        read.insert(value)
      }
      for value in node.outputs {
        guard !value.isEmpty, made.insert(value).inserted else {
          throw NetworkError(layer: node.name, "makes the value \(value), which exists already")
        }
      }
    }
    self.name = name
    self.nodes = nodes
    outputs = nodes.flatMap(\.outputs).filter { !read.contains($0) }
  }

  /// The input layers' names with the shapes their definition gives.
  public var inputs: [(name: String, shape: Shape)] {
    nodes.compactMap { node in
      guard case .input(let input) = node.layer else { return nil }
      return (node.name, input.shape)
    }
  }

  /// The weights under their names, `layer/role`; a weight that layers share is listed once, under
  /// its first name.
  public var weights: [(name: String, tensor: Tensor)] {
    allWeights.filter { $0.name == $0.owner }.map { ($0.name, $0.tensor) }
  }

  /// Every weight of every layer; `owner` is the first name of a weight that layers share.
  public var allWeights: [(name: String, owner: String, tensor: Tensor)] {
    var list: [(name: String, owner: String, tensor: Tensor)] = []
    var shared: [Tensor.Place: [Int]] = [:]  // indices of owners in `list`
    for node in nodes {
      for (role, tensor) in node.layer.weights {
        let name = "\(node.name)/\(role.rawValue)"
        if let owner = shared[tensor.place]?.first(where: {
          list[$0].tensor.isIdentical(to: tensor)
        }) {
          list.append((name, list[owner].name, tensor))
        } else {
          shared[tensor.place, default: []].append(list.count)
          list.append((name, name, tensor))
        }
      }
    }
    return list
  }

  /// The same network with each layer replaced by what `transform` makes of it.
  public func mapLayers(_ transform: (Node) -> Layer) -> Network {
    let mapped = nodes.map { node in
      var copy = node
      copy.layer = transform(node)
      return copy
    }
    return Network(name: name, mapped: mapped, outputs: outputs)
  }

  private init(name: String, mapped nodes: [Node], outputs: [String]) {
    self.name = name
    self.nodes = nodes
    self.outputs = outputs
  }
}

extension Node {
  /// Refuses a number of inputs or outputs that the layer cannot have.
  func checkArity() throws(NetworkError) {
    let allowed: ClosedRange<Int>
    switch layer {
    case .input: allowed = 0...0
    case .elementwise, .concatenation: allowed = 1...Int.max
    case .scale(let scale): allowed = scale.scale == nil ? 2...2 : 1...1
    case .bias(let bias): allowed = bias.bias == nil ? 2...2 : 1...1
    case .convolution, .batchNormalization, .activation, .prelu, .pooling, .globalPooling, .slice,
      .crop, .zeroPadding, .fullyConnected, .flatten, .reshape, .permutation, .softmax,
      .localResponseNormalization, .passThrough:
      allowed = 1...1
    }
    guard allowed.contains(inputs.count) else {
      let expected = allowed.lowerBound == allowed.upperBound ? "" : "at least "
      throw NetworkError(
        layer: name,
        "a \(layer.typeName) layer takes \(expected)\(allowed.lowerBound) inputs, found \(inputs.count)"
      )
    }
    let outputCount: Bool
    if case .slice = layer {
      outputCount = !outputs.isEmpty
    } else {
      outputCount = outputs.count == 1
    }
    guard outputCount else {
      throw NetworkError(
        layer: name, "a \(layer.typeName) layer makes 1 output, found \(outputs.count)")
    }
  }
}
