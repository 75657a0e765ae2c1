internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// The part of a definition that computes something at inference, each value assigned once.
///
/// Caffe's blobs are names that layers overwrite in place. Here a value is named by the layer that
/// made it, and whoever reads a blob reads the value it had at that point.
struct TestPhaseNet {
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
  /// The fields, unknown to the schema, of layers that are used.
  private(set) var unknownFields: [UnknownField] = []
  /// Those of layers that were left out.
  private(set) var unusedUnknownFields: [UnknownField] = []

  /// The current value of each blob.
  private var values: [String: String] = [:]
  /// Blobs that only layers left out make: labels, losses.
  private var absent: Set<String> = []
  private var takenNames: Set<String> = []
  /// The names of layers that have weights, and of all that are nodes already.
  private var weightedNames: Set<String> = []
  private var nodeNames: Set<String> = []
  private var suffixes: [String: Int] = [:]
  private var splitCount = 0
  private var leftOutTypes: [String] = []
}

extension TestPhaseNet {
  /// Leaves out what only training needs and names the values.
  ///
  /// - Parameters:
  ///   - isFiltered: whether the layers are those of a net that ran, as in a caffemodel: then their
  ///     rules were obeyed when it was built, perhaps for training, and count no more.
  ///   - state: what the definition is read for.
  /// - Throws: `FormatError` naming the layer.
  init(
    _ net: CaffeNet, isFiltered: Bool, for state: CaffeOptions.State = .init()
  ) throws(FormatError) {
    let layers = isFiltered ? net.layers : try select(from: net, for: state)
    for layer in layers where layer.operation.makesNode {
      guard !layer.name.isEmpty else {
        throw FormatError(
          at: .object("a \(layer.type) layer that writes \(layer.tops.joined(separator: ", "))"),
          "expected a name, found none")
      }
      takenNames.insert(layer.name)
      if layer.mayHaveWeights { weightedNames.insert(layer.name) }
    }
    for layer in layers { try add(layer) }
    try checkLayerNames()
    dropUnreadInputs()
    if !leftOutTypes.isEmpty {
      notes.append("left out for inference: \(listed(leftOutTypes).joined(separator: ", "))")
    }
    if splitCount > 0 { notes.append("undid the Split layers (\(splitCount) found)") }
  }

  /// The layers that belong to a state.
  private mutating func select(
    from net: CaffeNet, for asked: CaffeOptions.State
  ) throws(FormatError) -> [CaffeLayer] {
    let state = try NetState(of: net, asked)
    var selected: [CaffeLayer] = []
    var dropped: [CaffeLayer] = []
    for layer in net.layers {
      if try state.admits(layer) {
        selected.append(layer)
      } else {
        leaveOut(layer)
        if layer.operation.makesNode { dropped.append(layer) }
      }
    }
    try state.requireChoice(for: dropped, of: net)
    if state.phase == .train {
      notes.append("read the layers for training, which compute here as they do in use")
    }
    // A layer of that name that stays keeps its tensors.
    leftOut.subtract(selected.map(\.name))
    return selected
  }

  private mutating func add(_ layer: CaffeLayer) throws(FormatError) {
    switch layer.operation {
    case .input(let shapes):
      unknownFields += layer.unknownFields
      try declare(layer, shapes: shapes)
    case .data(let parameters):
      guard let first = layer.tops.first else { return leaveOut(layer) }
      unknownFields += layer.unknownFields
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
      .dropout, .axpy, .bn, .affine, .unsupported:
      guard !layer.bottoms.contains(where: absent.contains) else {
        leaveOut(layer)
        return forget(layer.tops)
      }
      unknownFields += layer.unknownFields
      try addNode(layer)
    }
  }

  private mutating func addNode(_ layer: CaffeLayer) throws(FormatError) {
    let layer = renamedIfTwice(layer)
    nodeNames.insert(layer.name)
    var inputs: [String] = []
    for bottom in layer.bottoms { inputs.append(try read(bottom, by: layer)) }
    if case .axpy = layer.operation { return try addAxpy(layer, inputs) }
    let outputs =
      layer.tops.count == 1 ? [layer.name] : layer.tops.map { unusedName($0, for: "value") }
    for (index, top) in layer.tops.enumerated() {
      try write(top, by: layer, at: index, value: outputs[index])
    }
    nodes.append(Node(layer: layer, inputs: inputs, outputs: outputs))
  }

  /// `a · x + y` as what it is made of; the sum has the layer's name.
  private mutating func addAxpy(_ layer: CaffeLayer, _ inputs: [String]) throws(FormatError) {
    guard inputs.count == 3, layer.tops.count == 1 else {
      throw FormatError(
        at: .object(layer.name),
        "expected 3 bottoms and 1 top for Axpy, found \(inputs.count) and \(layer.tops.count)")
    }
    func part(_ name: String, _ type: String, _ operation: CaffeOperation) -> CaffeLayer {
      CaffeLayer(name: name, type: type, operation: operation, bottoms: [], tops: [])
    }
    let factors = unusedName("\(layer.name)_factors", for: "value")
    let product = unusedName("\(layer.name)_product", for: "value")
    let parts = [
      // One factor for each channel, [batch, channels, 1, 1], without the axes of images.
      (part(factors, "Flatten", .flatten(axis: 1, endAxis: -1)), [inputs[0]]),
      (
        part(product, "Scale", .scale(axes: AxisRange(axis: 0), hasBias: false)),
        [inputs[1], factors]
      ),
      (
        part(layer.name, "Eltwise", .eltwise(operation: .sum, coefficients: [])),
        [product, inputs[2]]
      ),
    ]
    for (part, inputs) in parts {
      nodes.append(Node(layer: part, inputs: inputs, outputs: [part.name]))
    }
    try write(layer.tops[0], by: layer, at: 0, value: layer.name)
  }

  /// The layer under a name of its own: Caffe only needs that of layers with weights to be one.
  private mutating func renamedIfTwice(_ layer: CaffeLayer) -> CaffeLayer {
    let isTaken = nodeNames.contains(layer.name) || weightedNames.contains(layer.name)
    guard !layer.mayHaveWeights, isTaken else { return layer }
    var copy = layer
    copy.name = unusedName(layer.name, for: "layer")
    return copy
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
    unusedUnknownFields += layer.unknownFields
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
      .dropout, .axpy, .bn, .affine, .unsupported:
      true
    }
  }
}

extension CaffeLayer {
  /// Whether a caffemodel may hold tensors for the layer.
  fileprivate var mayHaveWeights: Bool {
    switch operation {
    case .convolution, .batchNorm, .bn, .affine, .prelu, .innerProduct, .unsupported: true
    case .scale(_, let hasBias): bottoms.count == 1 || hasBias
    case .bias: bottoms.count == 1
    case .input, .data, .loss, .sink, .split, .pooling, .relu, .clip, .elu, .sigmoid, .tanh, .power,
      .eltwise, .concat, .slice, .flatten, .reshape, .softmax, .lrn, .dropout, .axpy:
      false
    }
  }
}
