internal import Files
internal import HDF5

/// One tensor in a file, as Keras keeps it.
struct StoredWeight: Sendable {
  /// Its path in the file.
  var source: String { dataset.path }
  /// The name Keras has for it: `conv1/kernel:0`; empty where the file numbers its tensors.
  var name: String
  var dataset: HDF5File.Dataset

  /// The variable that the name means; nil where it means none.
  var variable: Variable? {
    var name = name[...]
    if let mark = name.lastIndex(of: ":"), name[mark...].dropFirst().allSatisfy(\.isNumber) {
      name = name[..<mark]
    }
    if let slash = name.lastIndex(of: "/") { name = name[slash...].dropFirst() }
    if let known = Variable(named: name) { return known }
    // conv1_W, bn1_running_mean: a suffix of one or two words.
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    return Variable(named: words.suffix(2).joined(separator: "_"))
      ?? words.last.flatMap { Variable(named: $0) }
  }
}

/// The tensors of one layer in a file, in their order.
struct StoredLayer: Sendable {
  /// The layer's name; for a file that has none, the group's.
  var name: String
  /// The path of its group.
  var path: String
  var weights: [StoredWeight]
}

/// The tensors of a file, and what it says about who wrote them.
struct StoredWeights: Sendable {
  /// How the file tells which layer a tensor belongs to.
  enum Arrangement: Sendable {
    /// Layers in the order of the model, under their names: Keras 1 and later.
    case names
    /// Layers by the number in a Sequential model: before Keras 1.
    case numbers
    /// Layers by class and number, under `layers` or its predecessor: `.weights.h5`.
    case paths(root: String)
    /// Layers by the attributes of a subclass of Model, in Keras 3: what they are is code.
    case attributes
  }

  var file: WeightTree
  var arrangement: Arrangement
  var layers: [StoredLayer]
  /// `tensorflow`, `theano`, …
  var backend: String?
  /// The version of the Keras that wrote the file.
  var version: String?
  /// The definition in the file.
  var definition: String?
  /// Every tensor of the model, listed or not, in the order of the file.
  var sources: [String] = []
  /// What was left out, one sentence each.
  var notes: [String] = []
}

extension StoredWeights {
  /// The names of layers, of tensors and of where they are.
  var names: [String] { layers.flatMap { [$0.name] + $0.weights.map(\.name) } + sources }

  /// What is thrown for weights of a model that is code.
  static var isCode: FormatError {
    FormatError(
      .badModel,
      "expected weights of a Sequential or Functional model, found those of a subclass of Model: "
        + "what it computes is code, which no file holds (its tensors can be had by --weights-only)"
    )
  }
}

extension HDF5File.Group {
  /// The strings of an attribute, also of one that was cut into numbered pieces because an object's
  /// header holds no more than 64 KiB; nil if there is none.
  ///
  /// - Throws: `FormatError` if it is no list of strings.
  func strings(_ name: String) throws(FormatError) -> [String]? {
    if let attribute = attributes[name] { return try strings(attribute, name) }
    var strings: [String] = []
    var piece = 0
    while let attribute = attributes["\(name)\(piece)"] {
      strings += try self.strings(attribute, "\(name)\(piece)")
      piece += 1
    }
    return piece == 0 ? nil : strings
  }

  private func strings(
    _ attribute: HDF5File.Attribute, _ name: String
  ) throws(FormatError) -> [String] {
    switch attribute {
    case .strings(let strings): return strings
    case .numbers(let numbers) where numbers.isEmpty: return []  // NumPy's type of an empty list
    case .numbers, .integers, .other:
      throw FormatError(
        at: .object("\(path)@\(name)"), "expected strings, found \(attribute.description)")
    }
  }

  /// The string of an attribute; nil if there is none.
  func string(_ name: String) -> String? {
    guard case .strings(let strings)? = attributes[name], strings.count == 1 else { return nil }
    return strings[0]
  }

  /// The integer of an attribute; nil if there is none.
  func integer(_ name: String) -> Int? {
    guard case .integers(let integers)? = attributes[name], integers.count == 1 else { return nil }
    return integers[0]
  }

  /// What is at a path from here, without a look at what lies beyond a link; nil if nothing is.
  ///
  /// - Throws: `FormatError` of kind `refused` for a link on the way.
  func object(at path: String) throws(FormatError) -> HDF5File.Object? {
    var object = HDF5File.Object.group(self)
    for name in path.split(separator: "/") {
      guard case .group(let group) = object, let next = group[String(name)] else { return nil }
      if case .link(let link) = next {
        throw FormatError(
          .refused, at: .object("\(group.path == "/" ? "" : group.path)/\(name)"),
          "expected the object itself, found \(link.rawValue), which is not followed")
      }
      object = next
    }
    return object
  }

  /// Every dataset of the group and of the groups in it, in the order of the file, and every link.
  func contents() -> (datasets: [HDF5File.Dataset], links: [(path: String, link: HDF5File.Link)]) {
    var datasets: [HDF5File.Dataset] = []
    var links: [(path: String, link: HDF5File.Link)] = []
    for (name, member) in members {
      switch member {
      case .group(let group):
        let inner = group.contents()
        datasets += inner.datasets
        links += inner.links
      case .dataset(let dataset): datasets.append(dataset)
      case .link(let link): links.append(("\(path == "/" ? "" : path)/\(name)", link))
      case .namedType: break
      }
    }
    return (datasets, links)
  }
}
