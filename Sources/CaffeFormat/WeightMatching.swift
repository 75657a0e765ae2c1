internal import Files
internal import ModelGraph
internal import ModelIO
internal import TensorCore

/// Finds the tensors for the weights of planned layers, by the names of the layers as Caffe does,
/// and keeps the book that nothing is missing and nothing left over.
struct WeightMatching {
  /// The tensors of each planned layer.
  private(set) var tensors: [[Tensor]] = []
  /// What became of each stored tensor.
  private(set) var ledger = Ledger()
  /// What was left out as asked for, in one sentence if anything was.
  private(set) var notes: [String] = []

  /// The name of the file that holds the tensors.
  private let file: String
  private var faults: [String] = []
  private var owners: [String: Owner] = [:]

  /// The first use of a tensor that layers share.
  private struct Owner {
    var weight: String
    var blob: CaffeBlob
    var tensor: Tensor
    var storedShape: Shape
    var transforms: [Ledger.Transform]
  }
}

extension WeightMatching {
  /// Matches.
  ///
  /// - Parameters:
  ///   - plans: the layers of the network with what they need.
  ///   - stored: the layers of the caffemodel.
  ///   - file: the name of the caffemodel.
  ///   - leftOut: layers whose tensors are not missed.
  ///   - ignoringExtra: whether tensors of layers that the definition does not have are left out
  ///     too.
  /// - Throws: one `FormatError` with all faults.
  init(
    _ plans: [(layer: CaffeLayer, plan: LayerPlan)], stored: [CaffeLayer], in file: String,
    leftOut: Set<String>, ignoringExtra: Bool
  ) throws(FormatError) {
    self.file = file
    let holders = stored.filter { !$0.blobs.isEmpty }
    guard !holders.isEmpty else {
      throw FormatError(.badModel, "expected stored tensors, found none in \(stored.count) layers")
    }
    let byName = Dictionary(grouping: holders, by: \.name)
    for (name, layers) in byName.sorted(by: { $0.key < $1.key }) where layers.count > 1 {
      faults.append("\(layers.count) layers named \(name) hold tensors")
    }
    var targets: [String] = []
    for (layer, plan) in plans {
      let holder = byName[layer.name]?.first
      let blobs = holder?.numberedBlobs ?? [:]
      var taken: [Tensor] = []
      for (index, weight) in plan.weights.enumerated() {
        let target = "\(layer.name)/\(weight.role.rawValue)"
        let shared = index < layer.sharedBlobs.count ? layer.sharedBlobs[index] : nil
        let tensor: Tensor?
        let mayBeElsewhere = holder == nil || holder?.blobNumbers != nil
        if mayBeElsewhere, blobs[index] == nil, let owner = shared.flatMap({ owners[$0.name] }) {
          // It stores none of its own: it has what its owner has, and nothing to account for.
          tensor = share(owner, with: weight, target, shared)
        } else {
          targets.append(target)
          let source = "\(layer.name)/blobs[\(index)]"
          tensor = blobs[index].flatMap { take($0, source, weight, target, shared) }
        }
        if let tensor { taken.append(tensor) }
      }
      tensors.append(taken)
    }
    let planned = Set(plans.map(\.layer.name))
    let sources = holders.filter { planned.contains($0.name) }.flatMap(\.sources)
    let order = Dictionary(sources.enumerated().map { ($1, $0) }) { first, _ in first }
    ledger.entries.sort { order[$0.source.object] ?? .max < order[$1.source.object] ?? .max }
    faults +=
      sources.isEmpty
      ? targets.map { "\($0) is not filled" } : ledger.faults(sources: sources, targets: targets)
    let extra = holders.filter { !planned.contains($0.name) && !leftOut.contains($0.name) }
    try account(for: extra, ignoringExtra: ignoringExtra)
    ledger.leftOut = holders.filter { !planned.contains($0.name) }.flatMap(leftOut(of:))
  }

  /// Throws one error with all faults, if there are any; tensors of layers that the definition does
  /// not have are faults unless they are ignored.
  private mutating func account(
    for extra: [CaffeLayer], ignoringExtra: Bool
  ) throws(FormatError) {
    var hint = ""
    if !ignoringExtra {
      if faults.isEmpty {
        hint = "; --ignore-extra-weights leaves out what belongs to no layer of the definition"
      }
      faults += extra.flatMap(\.sources).map { "\($0) is not used by any layer" }
    } else if !extra.isEmpty {
      notes.append(
        "left out tensors of layers that the definition does not have, as asked for: "
          + listed(extra.map(\.name)).joined(separator: ", "))
    }
    guard faults.isEmpty else {
      throw FormatError(
        .badModel,
        "expected the weights of the definition: \(listed(faults).joined(separator: "; "))\(hint)")
    }
  }

  private func leftOut(of layer: CaffeLayer) -> [StoredTensor] {
    let blobs = layer.numberedBlobs
    return zip(blobs.keys.sorted(), layer.sources).map { number, source in
      stored(blobs[number]!, as: source)  // it is one of its keys
    }
  }

  private func stored(_ blob: CaffeBlob, as source: String) -> StoredTensor {
    StoredTensor(
      file: file, object: source, byteOffset: blob.byteOffset,
      elementType: blob.tensor.elementType, shape: blob.tensor.shape)
  }

  /// The tensor for a weight out of the layer's own blob; nil if it does not fit.
  private mutating func take(
    _ blob: CaffeBlob, _ source: String, _ weight: LayerPlan.Weight, _ target: String,
    _ shared: CaffeLayer.SharedBlob?
  ) -> Tensor? {
    let transforms = weight.transforms(of: blob.tensor.shape)
    // The entry is made for a misshapen blob too: one fault is told once.
    ledger.entries.append(
      Ledger.Entry(
        source: stored(blob, as: source), transforms: transforms ?? [], target: target))
    guard transforms != nil else {
      faults.append("\(source) has shape \(blob.tensor.shape) instead of \(weight.storedShape)")
      return nil
    }
    if let shared, let owner = owners[shared.name] {
      let isSame =
        owner.blob.tensor.elementType == blob.tensor.elementType
        && owner.blob.tensor.elements.made() == blob.tensor.elements.made()
      guard isSame else {
        faults.append("\(source) differs from \(owner.weight), with which it shares \(shared.name)")
        return nil
      }
      return share(owner, with: weight, target, shared)
    }
    let tensor = weight.tensor(from: blob.tensor)
    if let shared {
      owners[shared.name] = Owner(
        weight: target, blob: blob, tensor: tensor, storedShape: weight.storedShape,
        transforms: weight.transforms)
    }
    return tensor
  }

  /// The tensor of another layer for a weight of the same name; nil if it does not fit.
  private mutating func share(
    _ owner: Owner, with weight: LayerPlan.Weight, _ target: String,
    _ shared: CaffeLayer.SharedBlob?
  ) -> Tensor? {
    let fits =
      shared?.isPermissive == true
      ? owner.storedShape.elementCount == weight.storedShape.elementCount
      : owner.storedShape == weight.storedShape
    guard fits else {
      faults.append(
        "\(target) of shape \(weight.storedShape) cannot share \(owner.weight) of shape "
          + "\(owner.storedShape)")
      return nil
    }
    let isSame = owner.transforms == weight.transforms && owner.storedShape == weight.storedShape
    return isSame ? owner.tensor : weight.tensor(from: owner.blob.tensor)
  }
}

extension CaffeLayer {
  /// The stored tensors by their places among the layer's blobs.
  fileprivate var numberedBlobs: [Int: CaffeBlob] {
    Dictionary(uniqueKeysWithValues: zip(blobNumbers ?? Array(blobs.indices), blobs))
  }

  /// What a ledger calls the stored tensors.
  fileprivate var sources: [String] {
    numberedBlobs.keys.sorted().map { "\(name)/blobs[\($0)]" }
  }
}

extension LayerPlan.Weight {
  /// What turns a stored tensor of a shape into the weight; nil if it does not fit.
  ///
  /// Shapes are equal for Caffe if they are so without leading ones: files of 2014 give every
  /// tensor four extents, (1, 1, 1, N) for a bias.
  func transforms(of stored: Shape) -> [Ledger.Transform]? {
    func significant(_ shape: Shape) -> [Int] { Array(shape.dimensions.drop { $0 == 1 }) }
    let fits =
      fitsAnyShape
      ? stored.elementCount == storedShape.elementCount
      : significant(stored) == significant(storedShape)
    guard fits else { return nil }
    return normalized([.reshape(from: stored, to: storedShape)] + transforms)
  }

  /// The weight made of a stored tensor of as many elements.
  func tensor(from stored: Tensor) -> Tensor {
    let steps = normalized([.reshape(from: stored.shape, to: storedShape)] + transforms)
    // Each step takes what the one before it makes.
    return steps.reduce(stored) { $1.applied(to: $0)! }
  }

  /// Leading reshapes as one, which is left out if it changes nothing.
  private func normalized(_ transforms: [Ledger.Transform]) -> [Ledger.Transform] {
    var rest = transforms[...]
    guard case .reshape(let from, var to) = rest.popFirst() else { return transforms }
    while case .reshape(_, let next) = rest.first {
      to = next
      rest = rest.dropFirst()
    }
    return (from == to ? [] : [.reshape(from: from, to: to)]) + rest
  }
}
