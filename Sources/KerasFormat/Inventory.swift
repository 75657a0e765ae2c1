internal import HDF5
internal import ModelIO
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
      for layer in stored.layers where !layer.weights.isEmpty {
        items.append(Item(layer.name, layer.weights))
      }
    case .paths(let root):
      guard case .group(let group)? = stored.file.root[root] else { return }
      var saved: [(key: (String, Int), item: Item, isNamed: Bool)] = []
      for (name, member) in group.members {
        guard case .group(let layer) = member else { continue }
        let weights = try layer.variables()
        guard !weights.isEmpty else { continue }
        var given: String?
        if case .group(let variables)? = layer["vars"] { given = variables.string("name") }
        saved.append((Inventory.key(name), Item(given ?? name, weights), given != nil))
      }
      saved.sort { $0.key < $1.key }
      items = saved.map(\.item)
      hasNames = saved.allSatisfy(\.isNamed)
    }
    byName = Dictionary(items.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The class and the number in the name of a group: `conv2d_12`.
  private static func key(_ name: String) -> (String, Int) {
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
    case .names, .paths: false
    }
  }
}
