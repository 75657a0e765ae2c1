internal import JSON
internal import ModelGraph
internal import TensorCore

/// The layers of a recovered network as Keras has them, connected by names.
struct RecoveredNet {
  /// A layer and the layers it reads.
  struct Item {
    var name: String
    var className: String
    var settings: [JSON.Member]
    var inputs: [String]
  }

  private(set) var items: [Item]

  /// - Parameter isChannelsFirst: whether images are `[channels, rows, columns]`.
  init(_ network: Network, isChannelsFirst: Bool) {
    items = network.nodes.compactMap { Item($0, isChannelsFirst: isChannelsFirst) }
  }

  /// A name that several layers have; nil if there is none.
  var repeatedName: String? {
    var names: Set<String> = []
    return items.first { !names.insert($0.name).inserted }?.name
  }

  /// The same net with the layers in Keras' order, which is the order of weights in files: by their
  /// distance from the output, the farthest first; those of one distance as they are met on the way
  /// back from the output (keras/src/ops/function.py, `map_graph`).
  ///
  /// Items must have names of their own and be in an order in which each reads only earlier ones;
  /// the last is the output.
  mutating func sortAsKeras() {
    let numbers = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.name, $0) })
    var distance = [Int](repeating: 0, count: items.count)
    for (index, item) in items.enumerated().reversed() {
      for input in item.inputs {
        let source = numbers[input]!  // an item is added before it is read
        distance[source] = max(distance[source], distance[index] + 1)
      }
    }
    var met = [Int?](repeating: nil, count: items.count)
    var count = 0
    var open = [items.count - 1]
    while let index = open.popLast() {
      guard met[index] == nil else { continue }
      met[index] = count
      count += 1
      open += items[index].inputs.reversed().map { numbers[$0]! }  // as above
    }
    items = items.indices.sorted {
      (-distance[$0], met[$0] ?? .max) < (-distance[$1], met[$1] ?? .max)
    }.map { items[$0] }
  }

  /// Gives layers other names.
  mutating func rename(_ names: [String: String]) {
    func new(_ name: String) -> String { names[name] ?? name }
    for index in items.indices {
      items[index].name = new(items[index].name)
      items[index].inputs = items[index].inputs.map(new)
    }
  }
}

extension RecoveredNet.Item {
  /// The layer as Keras has it; nil for softmax, which its matrix computes.
  fileprivate init?(_ node: Node, isChannelsFirst: Bool) {
    let format = JSON.string(isChannelsFirst ? "channels_first" : "channels_last")
    let axis = JSON.integer(isChannelsFirst ? 1 : -1)
    switch node.layer {
    case .input(let layer):
      let extents = layer.shape.dimensions.dropFirst().map { JSON.integer($0) }
      let image = isChannelsFirst ? extents : Array(extents.dropFirst()) + extents.prefix(1)
      self.init(
        node, "InputLayer",
        ["batch_input_shape": .array([.null] + image), "data_format": format])
    case .convolution(let layer):
      let kernel = layer.kernel.shape
      self.init(
        node, "Conv2D",
        [
          "filters": .integer(kernel[0]), "kernel_size": .integers([kernel[2], kernel[3]]),
          "strides": .integers([layer.stride.height, layer.stride.width]),
          "padding": .string(layer.padding == .none ? "valid" : "same"),
          "use_bias": .bool(layer.bias != nil), "data_format": format,
        ])
    case .batchNormalization(let layer):
      self.init(
        node, "BatchNormalization", ["axis": axis, "epsilon": .double(layer.epsilon)])
    case .scale: self.init(node, "Scale", ["axis": axis])
    case .activation: self.init(node, "Activation", ["activation": .string("relu")])
    case .zeroPadding(let layer):
      self.init(
        node, "ZeroPadding2D",
        [
          "padding": .integers([layer.spatial.top, layer.spatial.left]), "data_format": format,
        ])
    case .pooling(let layer):
      self.init(
        node, "MaxPooling2D",
        [
          "pool_size": .integers([layer.kernel.height, layer.kernel.width]),
          "strides": .integers([layer.stride.height, layer.stride.width]),
          "padding": .string("valid"), "data_format": format,
        ])
    case .globalPooling: self.init(node, "GlobalAveragePooling2D", ["data_format": format])
    case .elementwise: self.init(node, "Add", [:])
    case .fullyConnected(let layer):
      self.init(
        node, "Dense",
        [
          "units": .integer(layer.kernel.shape[0]), "use_bias": .bool(layer.bias != nil),
          "activation": .string("softmax"),
        ])
    default: return nil  // a ResNet has no other layers
    }
  }

  private init(_ node: Node, _ className: String, _ settings: KeyValuePairs<String, JSON>) {
    name = node.name
    self.className = className
    self.settings = settings.map { JSON.Member($0, $1) }
    inputs = node.inputs
  }
}
