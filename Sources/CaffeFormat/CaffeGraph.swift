internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// A network rewritten in Caffe's terms: layers that read and write blobs by name.
struct CaffeGraph {
  /// As many bytes as Caffe reads of one file.
  static let sizeLimit = Int(Int32.max)

  let network: Network
  /// The shape of every value.
  private(set) var shapes: [String: Shape]
  private(set) var layers: [LayerDraft] = []
  var remarks = Remarks<CaffeRemark>()
  /// The bytes of all tensors so far.
  private(set) var byteCount = 0

  /// The blob that holds each value.
  private var blobs: [String: String] = [:]
  /// Blobs that may lie in the memory of others.
  private var views: Set<String> = []
  /// The values that are another one under a second name.
  private var aliases: [String: String] = [:]
  /// The layers that read each value.
  private var readers: [String: [Node]] = [:]
  /// Values that a convolution makes itself out of another one, by zeros around it.
  private var padded: [String: (value: String, padding: Padding)] = [:]
  private var takenNames: Set<String>
}

extension CaffeGraph {
  /// Rewrites a network.
  ///
  /// - Throws: `FormatError` naming the layer that Caffe cannot express.
  init(_ network: Network) throws(FormatError) {
    do {
      self.init(network: network, shapes: try network.shapes(), takenNames: [])
    } catch {
      throw FormatError(at: error.layer.map { .object($0) }, error.reason)
    }
    takenNames = Set(network.nodes.flatMap { [$0.name] + $0.outputs })
    for node in network.nodes { findReaders(of: node) }
    for node in network.nodes { try add(node) }
    nameSharedBlobs()
  }

  private init(network: Network, shapes: [String: Shape], takenNames: Set<String>) {
    self.network = network
    self.shapes = shapes
    self.takenNames = takenNames
  }

  /// A value as it is known in Caffe.
  private func resolved(_ value: String) -> String { aliases[value] ?? value }

  private mutating func findReaders(of node: Node) {
    // One that nobody reads is an output, which must not vanish.
    if case .passThrough(let layer) = node.layer, layer.kind != .dropout,
      !network.outputs.contains(node.outputs[0])
    {
      aliases[node.outputs[0]] = resolved(node.inputs[0])
    } else {
      for value in node.inputs { readers[resolved(value), default: []].append(node) }
    }
  }

  private mutating func add(_ node: Node) throws(FormatError) {
    switch node.layer {
    case .input(let input): try add(input, node)
    case .passThrough where aliases[node.outputs[0]] != nil: remarks.add(.splits, node.name)
    case .zeroPadding(let padding) where isMergeable(padding, node):
      let value = resolved(node.inputs[0])
      padded[node.outputs[0]] = (value, padding.spatial)
      remarks.add(.mergedPadding, "\(node.name) to \(readers[node.outputs[0]]![0].name)")
    case .zeroPadding(let padding):
      try require(padding.value == 0, node, "Caffe pads with zeros, found \(padding.value)")
      let read = readPart(of: padding, node)
      try connect([try draft(read, node)], node, inputs: node.inputs)
    case .convolution(let convolution):
      let source = padded[resolved(node.inputs[0])]
      var convolution = convolution
      if let source { convolution.padding = convolution.padding + source.padding }
      let draft = try draft(convolution, node)
      try connect([draft], node, inputs: [source?.value ?? node.inputs[0]])
    default:
      try connect(try drafts(of: node), node, inputs: node.inputs)
    }
  }

  private mutating func add(_ input: Layer.Input, _ node: Node) throws(FormatError) {
    try require(
      input.shape.rank > 0 && input.shape.dimensions.allSatisfy { $0 > 0 }, node,
      "expected extents of 1 or more, found \(input.shape)")
    guard readers[node.outputs[0]] != nil else {
      return remarks.add(.unreadInputs, node.name)
    }
    var draft = LayerDraft(node.name, "Input", "input_param")
    draft.parameters.add("shape", extents: input.shape.dimensions)
    draft.tops = node.outputs
    views.formUnion(node.outputs)  // the caller's memory
    for value in node.outputs { blobs[value] = value }
    layers.append(draft)
  }

  /// Whether the only reader is a convolution that can add the zeros itself.
  private func isMergeable(_ padding: Layer.ZeroPadding, _ node: Node) -> Bool {
    guard padding.channelsBefore == 0, padding.channelsAfter == 0, padding.value == 0,
      !padding.cutsOff,
      let reader = readers[node.outputs[0]], reader.count == 1,
      case .convolution(let convolution) = reader[0].layer
    else { return false }
    return SymmetricPadding(padding.spatial + convolution.padding, dilation: convolution.dilation)
      != nil
  }

  /// Zero padding without its last rows and columns where only a pooling reads it that drops them
  /// by rounding down: then Caffe, which rounds up, has as many windows.
  private mutating func readPart(
    of padding: Layer.ZeroPadding, _ node: Node
  ) -> Layer.ZeroPadding {
    let value = node.outputs[0]
    guard !padding.cutsOff, let reader = readers[value], reader.count == 1,
      case .pooling(let pooling) = reader[0].layer, pooling.padding == .none
    else { return padding }
    // Every value has a shape; these are images.
    let (input, output) = (shapes[value]!, shapes[reader[0].outputs[0]]!)
    let unreadRows = input[2] - (output[2] - 1) * pooling.stride.height - pooling.kernel.height
    let unreadColumns = input[3] - (output[3] - 1) * pooling.stride.width - pooling.kernel.width
    var read = padding
    read.spatial.bottom -= max(0, min(unreadRows, padding.spatial.bottom))
    read.spatial.right -= max(0, min(unreadColumns, padding.spatial.right))
    guard read.spatial != padding.spatial else { return padding }
    shapes[value] =
      input
      .replacing(2, by: input[2] - padding.spatial.bottom + read.spatial.bottom)
      .replacing(3, by: input[3] - padding.spatial.right + read.spatial.right)
    remarks.add(.unreadPadding, "\(node.name) before \(reader[0].name)")
    return read
  }

  /// Adds the layers that together are one node: all but the first work in place.
  private mutating func connect(
    _ drafts: [LayerDraft], _ node: Node, inputs: [String]
  ) throws(FormatError) {
    let values = inputs.map(resolved)
    var first = drafts[0]
    // Each value is made, and so has a blob, before it is read.
    first.bottoms = values.map { blobs[$0]! }
    first.tops = node.outputs
    if first.canWorkInPlace, readers[values[0]]?.count == 1, !views.contains(first.bottoms[0]) {
      first.tops = first.bottoms
    }
    if first.sharesMemory { views.formUnion(first.tops) }
    layers.append(first)
    for var draft in drafts.dropFirst() {
      draft.bottoms = first.tops
      draft.tops = first.tops
      layers.append(draft)
    }
    for (value, top) in zip(node.outputs, first.tops) { blobs[value] = top }
    if node.outputs.count == 1, node.outputs[0] != node.name {
      remarks.add(.valueNames, "\(node.outputs[0]) as \(node.name)")
    }
  }

  /// Names the weights that layers share, so that a reader shares them again.
  private mutating func nameSharedBlobs() {
    var owners: [Bytes.Place: [(layer: Int, blob: Int)]] = [:]
    for layer in layers.indices {
      for blob in layers[layer].blobs.indices {
        let draft = layers[layer].blobs[blob]
        guard let weight = draft.weight else { continue }
        let candidates = owners[draft.tensor.bytes.place, default: []]
        let owner = candidates.first {
          layers[$0.layer].blobs[$0.blob].tensor.isIdentical(to: draft.tensor)
        }
        if let owner {
          let name = layers[owner.layer].blobs[owner.blob].sharedName
          let shared = name ?? layers[owner.layer].blobs[owner.blob].weight ?? weight
          layers[owner.layer].blobs[owner.blob].sharedName = shared
          layers[layer].blobs[blob].sharedName = shared
        } else {
          owners[draft.tensor.bytes.place, default: []].append((layer, blob))
        }
      }
    }
  }
}

// What the drafts of layers are made with.
extension CaffeGraph {
  /// Throws an error about a layer unless a condition holds.
  func require(
    _ condition: Bool, _ node: Node, _ reason: @autoclosure () -> String
  ) throws(FormatError) {
    guard condition else { throw FormatError(at: .object(node.name), reason()) }
  }

  /// A name that no layer and no value has.
  mutating func unusedName(_ name: String) -> String { takenNames.insertUnused(name) }

  /// A parameter as Caffe has it.
  mutating func float(
    _ value: Double, _ what: String, _ node: Node
  ) throws(FormatError) -> Float {
    let float = Float(value)
    try require(
      float.isFinite || !value.isFinite, node,
      "expected a \(what) that float32 can hold, found \(value)")
    if Double(float) != value, !value.isNaN {
      remarks.add(.rounding, "\(what) \(value) of \(node.name)")
    }
    return float
  }

  /// A weight under the shape that Caffe gives it; it has as many elements.
  mutating func blob(
    _ tensor: Tensor, _ role: Layer.WeightRole, _ node: Node, as shape: Shape
  ) throws(FormatError) -> BlobDraft {
    let weight = "\(node.name)/\(role.rawValue)"
    var draft = BlobDraft(tensor: tensor.reshaped(to: shape), weight: weight)
    if tensor.shape != shape { draft.transforms = [.reshape(from: tensor.shape, to: shape)] }
    switch tensor.elementType {
    case .float16, .bfloat16:
      draft.transforms.append(.widen(from: tensor.elementType))
      remarks.add(.widening, "\(weight) (\(tensor.elementType))")
    case .float64: remarks.add(.doubles, weight)
    case .float32: break
    }
    try take(draft.byteCount, node)
    return draft
  }

  /// A tensor that only Caffe needs, each element made from its index.
  mutating func blob(
    _ shape: Shape, _ node: Node, _ element: (Int) -> Float
  ) throws(FormatError) -> BlobDraft {
    let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: 4)
    try take(overflow ? Int.max : count, node)
    try requireMemory(count, node)
    let tensor = Tensor(
      shape, filling: { output in for index in output.indices { output[index] = element(index) } })
    return BlobDraft(tensor: tensor)
  }

  /// Counts bytes before they are allocated or written.
  mutating func take(_ count: Int, _ node: Node) throws(FormatError) {
    try require(
      count <= CaffeGraph.sizeLimit - byteCount, node,
      "expected weights of at most \(CaffeGraph.sizeLimit) bytes together, as Caffe reads, found "
        + "\(byteCount) before this layer and more with it")
    byteCount += count
  }

  /// Refuses to make a tensor for which there is no memory.
  func requireMemory(_ byteCount: Int, _ node: Node) throws(FormatError) {
    do {
      try Memory.require(byteCount)
    } catch {
      throw FormatError(.outOfMemory, at: .object(node.name), error.description)
    }
  }
}

extension Padding {
  /// Padding of padding.
  static func + (left: Padding, right: Padding) -> Padding {
    Padding(
      top: left.top + right.top, left: left.left + right.left,
      bottom: left.bottom + right.bottom, right: left.right + right.right)
  }
}
