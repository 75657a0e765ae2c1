internal import Files
internal import Lowering
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// A network in Caffe's terms: one layer for each of the lowered network, over blobs by name.
struct CaffeGraph {
  /// As many bytes as Caffe reads of one file.
  static let sizeLimit = Int(Int32.max)

  let network: LoweredNetwork
  private(set) var layers: [LayerDraft] = []
  var remarks = Remarks<CaffeRemark>()
  /// The bytes of all tensors so far.
  private(set) var byteCount = 0

  /// The blob that holds each value.
  private var blobs: [String: String] = [:]
  /// Blobs that may lie in the memory of others.
  private var views: Set<String> = []
  /// The layers that read each value.
  private let readers: [String: [Node]]
}

extension CaffeGraph {
  /// What Caffe has no layers for becomes layers that it has.
  static let passes: [any LoweringPass] = [
    LeaveOutPassThroughs([.split, .augmentation]),
    LeaveOutUnreadInputs(),
    MergePadding { SymmetricPadding($0.padding, dilation: $0.dilation) != nil },
    CutUnreadPadding(),
    MovingAsConvolution(format: "Caffe", limit: sizeLimit),
    EnlargeKernels(format: "Caffe", limit: sizeLimit),
    SplitBatchNormalization(),
    WidenWeights(),
  ]

  /// Writes a network as layers.
  ///
  /// - Throws: `FormatError` naming the layer that Caffe cannot express.
  init(_ model: Network) throws(FormatError) {
    var network = try LoweredNetwork(model)
    try network.apply(Self.passes)
    self.init(network: network, readers: network.readers)
    for (change, item) in network.changes {
      if let remark = CaffeRemark(change) { remarks.add(remark, item) }
    }
    for node in network.nodes { try add(node) }
    nameSharedBlobs()
  }

  private init(network: LoweredNetwork, readers: [String: [Node]]) {
    self.network = network
    self.readers = readers
  }

  /// The shape of a value.
  func shape(of value: String) -> Shape { network.shapes[value]! }  // every value has a shape

  private mutating func add(_ node: Node) throws(FormatError) {
    if case .input(let input) = node.layer { return try add(input, node) }
    var draft = try draft(of: node)
    // Each value is made, and so has a blob, before it is read.
    draft.bottoms = node.inputs.map { blobs[$0]! }
    draft.tops = node.outputs.map(blobName)
    if draft.canWorkInPlace, readers[node.inputs[0]]?.count == 1,
      !views.contains(draft.bottoms[0])
    {
      draft.tops = draft.bottoms
    }
    if draft.sharesMemory { views.formUnion(draft.tops) }
    layers.append(draft)
    for (value, top) in zip(node.outputs, draft.tops) { blobs[value] = top }
    if node.outputs.count == 1, node.outputs[0] != node.name {
      remarks.add(.valueNames, "\(node.outputs[0]) as \(node.name)")
    }
  }

  /// What the blob of a value is called: a value that only lowering made has the name of what the
  /// layer behind it makes in place.
  private func blobName(of value: String) -> String {
    guard network.isMade(value), let next = readers[value]?.first else { return value }
    return next.outputs[0]
  }

  private mutating func add(_ input: Layer.Input, _ node: Node) throws(FormatError) {
    try require(
      input.shape.rank > 0 && input.shape.dimensions.allSatisfy { $0 > 0 }, node,
      "expected extents of 1 or more, found \(input.shape)")
    var draft = LayerDraft(node.name, "Input", "input_param")
    draft.parameters.add("shape", extents: input.shape.dimensions)
    draft.tops = node.outputs
    views.formUnion(node.outputs)  // the caller's memory
    for value in node.outputs { blobs[value] = value }
    layers.append(draft)
  }

  /// Names the weights that layers share, so that a reader shares them again.
  private mutating func nameSharedBlobs() {
    var owners: [Tensor.Place: [(layer: Int, blob: Int)]] = [:]
    for layer in layers.indices {
      for blob in layers[layer].blobs.indices {
        let draft = layers[layer].blobs[blob]
        guard let weight = draft.weight else { continue }
        let candidates = owners[draft.tensor.place, default: []]
        let owner = candidates.first {
          layers[$0.layer].blobs[$0.blob].tensor.isIdentical(to: draft.tensor)
        }
        if let owner {
          let name = layers[owner.layer].blobs[owner.blob].sharedName
          let shared = name ?? layers[owner.layer].blobs[owner.blob].weight ?? weight
          layers[owner.layer].blobs[owner.blob].sharedName = shared
          layers[layer].blobs[blob].sharedName = shared
        } else {
          owners[draft.tensor.place, default: []].append((layer, blob))
        }
      }
    }
  }
}

// What the drafts of layers are made with.
extension CaffeGraph {
  /// An error about the layer of the model.
  func fault(_ node: Node, _ reason: String) -> FormatError {
    FormatError(at: .object(network.source(of: node.name)), reason)
  }

  /// Throws an error about a layer unless a condition holds.
  func require(
    _ condition: Bool, _ node: Node, _ reason: @autoclosure () -> String
  ) throws(FormatError) {
    guard condition else { throw fault(node, reason()) }
  }

  /// A parameter as Caffe has it.
  mutating func float(
    _ value: Double, _ what: String, _ node: Node
  ) throws(FormatError) -> Float {
    let float = Float(value)
    try require(
      float.isFinite || !value.isFinite, node,
      "expected a \(what) that float32 can hold, found \(value)")
    if Double(float) != value, !value.isNaN {
      remarks.add(.rounding, "\(what) \(value) of \(network.source(of: node.name))")
    }
    return float
  }

  /// A weight under the shape that Caffe gives it; it has as many elements.
  mutating func blob(
    _ tensor: Tensor, _ role: Layer.WeightRole, _ node: Node, as shape: Shape
  ) throws(FormatError) -> BlobDraft {
    let origin = network.origin(of: role, in: node.name)
    var draft = BlobDraft(
      tensor: tensor.reshaped(to: shape), weight: origin.weight, transforms: origin.transforms)
    if tensor.shape != shape { draft.transforms.append(.reshape(from: tensor.shape, to: shape)) }
    if tensor.elementType == .float64 {
      remarks.add(.doubles, origin.weight ?? "\(node.name)/\(role.rawValue)")
    }
    try take(draft.byteCount, node)
    return draft
  }

  /// One number that only Caffe needs.
  mutating func blob(_ number: Float, _ node: Node) throws(FormatError) -> BlobDraft {
    try take(4, node)
    return BlobDraft(tensor: Tensor([1], [number]))
  }

  /// Counts bytes before they are allocated or written.
  mutating func take(_ count: Int, _ node: Node) throws(FormatError) {
    try require(
      count <= CaffeGraph.sizeLimit - byteCount, node,
      "expected weights of at most \(CaffeGraph.sizeLimit) bytes together, as Caffe reads, found "
        + "\(byteCount) before this layer and more with it")
    byteCount += count
  }
}
