internal import ModelIO
internal import TensorCore

/// The part of a definition that computes something at inference, each value assigned once.
///
/// Caffe's blobs are names that layers overwrite in place. Here a value is named by the layer that
/// made it, and whoever reads a blob reads the value it had at that point.
struct InferenceNet {
  /// A value the caller provides.
  struct Input {
    var name: String
    /// The extents the definition gives, if it does.
    var shape: [Int]?
    /// What the layer that loaded it says; nil for a declared input.
    var data: DataParameters?
  }

  /// A layer between its values.
  struct Node {
    var layer: CaffeLayer
    var inputs: [String]
    var outputs: [String]
  }

  private(set) var inputs: [Input] = []
  private(set) var nodes: [Node] = []
  /// The names of layers that were left out; the tensors stored under them are not missed.
  private(set) var leftOut: Set<String> = []
  private(set) var notes: [String] = []

  /// The current value of each blob.
  private var values: [String: String] = [:]
  /// Blobs that only layers left out make: labels, losses.
  private var absent: Set<String> = []
  private var takenNames: Set<String> = []
  private var suffixes: [String: Int] = [:]
  private var splitCount = 0
  private var leftOutTypes: [String] = []
}

extension InferenceNet {
  /// Leaves out what only training needs and names the values.
  ///
  /// - Parameter isFiltered: whether the layers are those of a net that ran, as in a caffemodel:
  ///   then their rules were obeyed when it was built, perhaps for training, and count no more.
  /// - Throws: `FormatError` naming the layer.
  init(_ net: CaffeNet, isFiltered: Bool) throws(FormatError) {
    let layers = isFiltered ? net.layers : try select(from: net)
    for layer in layers where layer.operation.makesNode {
      guard !layer.name.isEmpty else {
        throw FormatError(
          at: .object("a \(layer.type) layer that writes \(layer.tops.joined(separator: ", "))"),
          "expected a name, found none")
      }
      takenNames.insert(layer.name)
    }
    for layer in layers { try add(layer) }
    try checkLayerNames()
    dropUnreadInputs()
    if !leftOutTypes.isEmpty {
      notes.append("left out for inference: \(listed(leftOutTypes).joined(separator: ", "))")
    }
    if splitCount > 0 { notes.append("undid the Split layers (\(splitCount) found)") }
  }

  /// The layers that belong to phase TEST.
  private mutating func select(from net: CaffeNet) throws(FormatError) -> [CaffeLayer] {
    var selected: [CaffeLayer] = []
    for layer in net.layers {
      // Only rules select: `phase` on a layer says how it behaves, as in Caffe.
      if try layer.belongs(toStages: net.stages) {
        selected.append(layer)
      } else {
        leaveOut(layer)
      }
    }
    // A layer of that name that stays keeps its tensors.
    leftOut.subtract(selected.map(\.name))
    return selected
  }

  private mutating func add(_ layer: CaffeLayer) throws(FormatError) {
    switch layer.operation {
    case .input(let shapes):
      try declare(layer, shapes: shapes)
    case .data(let parameters):
      guard let first = layer.tops.first else { return leaveOut(layer) }
      try write(first, by: layer, at: 0, value: addInput(first, parameters.shape, parameters))
      absent.formUnion(layer.tops.dropFirst())
    case .loss, .sink:
      leaveOut(layer)
      forget(layer.tops)
    case .split:
      guard let bottom = layer.bottoms.first, !absent.contains(bottom) else {
        return forget(layer.tops)
      }
      let value = try read(bottom, by: layer)
      for (index, top) in layer.tops.enumerated() {
        try write(top, by: layer, at: index, value: value)
      }
      splitCount += 1
    case .convolution, .pooling, .batchNorm, .scale, .bias, .relu, .clip, .prelu, .elu, .sigmoid,
      .tanh, .power, .eltwise, .concat, .slice, .innerProduct, .flatten, .reshape, .softmax, .lrn,
      .dropout, .unsupported:
      guard !layer.bottoms.contains(where: absent.contains) else {
        leaveOut(layer)
        return forget(layer.tops)
      }
      try addNode(layer)
    }
  }

  private mutating func addNode(_ layer: CaffeLayer) throws(FormatError) {
    var inputs: [String] = []
    for bottom in layer.bottoms { inputs.append(try read(bottom, by: layer)) }
    let outputs =
      layer.tops.count == 1 ? [layer.name] : layer.tops.map { unusedName($0, for: "value") }
    for (index, top) in layer.tops.enumerated() {
      try write(top, by: layer, at: index, value: outputs[index])
    }
    nodes.append(Node(layer: layer, inputs: inputs, outputs: outputs))
  }

  private mutating func declare(_ layer: CaffeLayer, shapes: [[Int]]) throws(FormatError) {
    guard shapes.count <= 1 || shapes.count == layer.tops.count else {
      throw FormatError(
        at: .object(layer.name),
        "expected one shape or one for each of \(layer.tops.count) tops, found \(shapes.count)")
    }
    for (index, top) in layer.tops.enumerated() {
      let shape = shapes.count > 1 ? shapes[index] : shapes.first
      try write(top, by: layer, at: index, value: addInput(top, shape, nil))
    }
  }

  private mutating func addInput(
    _ top: String, _ shape: [Int]?, _ data: DataParameters?
  ) -> String {
    let name = unusedName(top, for: "input")
    inputs.append(Input(name: name, shape: shape, data: data))
    return name
  }

  /// The value of a blob.
  private mutating func read(_ bottom: String, by layer: CaffeLayer) throws(FormatError) -> String {
    if let value = values[bottom] { return value }
    guard inputs.isEmpty else {
      throw FormatError(
        at: .object(layer.name), "reads \(bottom), which no earlier layer writes")
    }
    // A definition without its data layer: what is read first is what is to be provided.
    notes.append("took \(bottom), which no layer writes, for the input")
    values[bottom] = addInput(bottom, nil, nil)
    return values[bottom]!  // set in the line above
  }

  /// Gives a blob a new value; only its reader at the same place may overwrite it.
  private mutating func write(
    _ top: String, by layer: CaffeLayer, at index: Int, value: String
  ) throws(FormatError) {
    let isInPlace = index < layer.bottoms.count && layer.bottoms[index] == top
    guard isInPlace || values[top] == nil else {
      throw FormatError(
        at: .object(layer.name), "writes \(top), which an earlier layer writes already")
    }
    values[top] = value
    absent.remove(top)
  }

  private mutating func forget(_ tops: [String]) {
    // A loss may name its input as output; the input stays what it was.
    for top in tops where values[top] == nil { absent.insert(top) }
  }

  private mutating func leaveOut(_ layer: CaffeLayer) {
    leftOut.insert(layer.name)
    leftOutTypes.append("\(layer.name) (\(layer.type))")
  }

  private mutating func unusedName(_ name: String, for kind: String) -> String {
    var candidate = name
    while !takenNames.insert(candidate).inserted {
      suffixes[name, default: 1] += 1
      candidate = "\(name)_\(suffixes[name]!)"  // set in the line above
    }
    if candidate != name {
      notes.append("renamed the \(kind) \(name) to \(candidate), because a layer has its name")
    }
    return candidate
  }

  private func checkLayerNames() throws(FormatError) {
    var seen: Set<String> = []
    var twice: [String] = []
    for node in nodes where !seen.insert(node.layer.name).inserted { twice.append(node.layer.name) }
    guard twice.isEmpty else {
      throw FormatError(
        .badModel,
        "expected different names for all layers, found again: \(listed(twice).joined(separator: ", "))"
      )
    }
  }

  /// Leaves out inputs that only layers left out read: labels, most often.
  private mutating func dropUnreadInputs() {
    let read = Set(nodes.flatMap(\.inputs))
    let unread = inputs.filter { !read.contains($0.name) }
    guard unread.count < inputs.count else { return }
    inputs.removeAll { !read.contains($0.name) }
    leftOutTypes += unread.filter { $0.data == nil }.map { "\($0.name) (input nobody reads)" }
  }
}

extension CaffeOperation {
  /// Whether a layer of this kind becomes a node of the network, unless it needs labels.
  fileprivate var makesNode: Bool {
    switch self {
    case .input, .data, .loss, .sink, .split: false
    case .convolution, .pooling, .batchNorm, .scale, .bias, .relu, .clip, .prelu, .elu, .sigmoid,
      .tanh, .power, .eltwise, .concat, .slice, .innerProduct, .flatten, .reshape, .softmax, .lrn,
      .dropout, .unsupported:
      true
    }
  }
}

extension CaffeLayer {
  /// Whether the rules admit the layer to a net of phase TEST, level 0 and these stages.
  fileprivate func belongs(toStages stages: [String]) throws(FormatError) -> Bool {
    guard include.isEmpty || exclude.isEmpty else {
      throw FormatError(
        at: .object(name), "expected include or exclude rules, found both")
    }
    guard include.isEmpty else { return include.contains { $0.isMet(byStages: stages) } }
    return !exclude.contains { $0.isMet(byStages: stages) }
  }
}

extension CaffeLayer.StateRule {
  fileprivate func isMet(byStages present: [String]) -> Bool {
    (phase ?? .test) == .test && (minimumLevel ?? 0) <= 0 && (maximumLevel ?? 0) >= 0
      && stages.allSatisfy(present.contains) && !excludedStages.contains(where: present.contains)
  }
}
