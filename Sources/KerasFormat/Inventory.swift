internal import Files
internal import HDF5
internal import TensorCore

/// The layers with weights in a file that has no definition: their names and the shapes of their
/// tensors.
struct Inventory {
  /// One layer.
  struct Item {
    /// Its name; that of its group where the file has no names of layers.
    var name: String
    var kind: Kind
    /// The kernel of a convolution or the matrix, else the statistics or factors.
    var shape: Shape
    /// How many tensors it has.
    var count: Int
    /// The group of the model within the model that it is in; empty for the outermost.
    var model = ""

    /// Whether it is a convolution or a matrix with an addend.
    var hasBias: Bool { count > 1 }
  }

  /// What kind of layer has such tensors.
  enum Kind {
    case convolution, dense, normalization, scale, other
  }

  /// The layers in the order of the file; by class and number where that has no order.
  var items: [Item] = []
  /// Every layer of the file in order, also those without weights; empty where it does not list them.
  var layerNames: [String] = []
  /// Whether the names are those of the layers.
  var hasNames = true

  /// Takes stock of a file.
  ///
  /// - Throws: `FormatError` where a saved layer is not as Keras writes it.
  init(_ stored: StoredWeights) throws(FormatError) {
    switch stored.arrangement {
    case .names, .numbers:
      layerNames = stored.layers.map(\.name)
      hasNames = !stored.isNumbered
      for layer in stored.layers where !layer.weights.isEmpty { addItems(of: layer) }
    case .attributes: throw StoredWeights.isCode
    case .paths(let root):
      guard case .group(let group)? = stored.file.root[root] else { return }
      try addItems(in: group, of: "")
    }
    byName = Dictionary(items.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The layers of a group; a model within the model has several in its group.
  private mutating func addItems(of layer: StoredLayer) {
    var names: [String] = []
    var weights: [String: [StoredWeight]] = [:]
    for weight in layer.weights {
      let name = weight.name.split(separator: "/").dropLast().last.map(String.init) ?? layer.name
      if weights[name] == nil { names.append(name) }
      weights[name, default: []].append(weight)
    }
    guard names.count > 1 else {
      items.append(Item(layer.name, layer.weights))
      return
    }
    for name in names {
      var item = Item(name, weights[name]!)  // it has one at least
      item.model = layer.name
      items.append(item)
    }
  }

  /// The layers of groups by class and number, in their order, and those of models within the model
  /// behind them.
  private mutating func addItems(
    in group: HDF5File.Group, of model: String
  ) throws(FormatError) {
    var saved: [(key: (String, Int), item: Item, isNamed: Bool)] = []
    for (name, member) in group.members {
      guard case .group(let layer) = member else { continue }
      for list in ["layers", WeightMatching.oldRoot] {
        guard case .group(let inner)? = layer[list] else { continue }
        try addItems(in: inner, of: model.isEmpty ? name : "\(model)/\(name)")
        break
      }
      let weights = try layer.variables()
      guard !weights.isEmpty else { continue }
      var given: String?
      if case .group(let variables)? = layer["vars"] { given = variables.string("name") }
      var item = Item(given ?? name, weights)
      item.model = model
      saved.append((Inventory.key(name), item, given != nil))
    }
    saved.sort { $0.key < $1.key }
    items += saved.map(\.item)
    hasNames = hasNames && saved.allSatisfy(\.isNamed)
  }

  /// The class and the number in the name of a group: `conv2d_12`.
  static func key(_ name: String) -> (String, Int) {
    guard let mark = name.lastIndex(of: "_"), let number = Int(name[mark...].dropFirst()) else {
      return (name, 0)
    }
    return (String(name[..<mark]), number)
  }

  /// The layer of a name.
  subscript(name: String) -> Item? { byName[name] }
  private var byName: [String: Item] = [:]

  /// The layers of a kind, in order.
  func items(_ kind: Kind) -> [Item] { items.filter { $0.kind == kind } }
}

extension Inventory.Item {
  fileprivate init(_ name: String, _ weights: [StoredWeight]) {
    self.name = name
    count = weights.count
    let shapes = weights.map(\.dataset.shape)
    shape = shapes[0]  // there is at least one
    kind =
      switch (shape.rank, weights.count) {
      case (4, 1...2): .convolution
      case (2, 1...2): .dense
      case (1, 2) where name.contains("scale"): .scale
      case (1, 2...4): .normalization
      default: .other  // tensors of no ResNet
      }
  }
}

extension StoredWeights {
  /// Whether the file is of the time before Keras 1.
  var isNumbered: Bool {
    switch arrangement {
    case .numbers: true
    case .names, .paths, .attributes: false
    }
  }
}
