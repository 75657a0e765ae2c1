public import ModelGraph
internal import TensorCore

/// What a network says about an image larger than it was trained on.
public enum SlidingDefinition: String, Sendable, CaseIterable {
  /// The last pooling takes the mean of all places, and the classes follow from it once.
  case pooled
  /// The last pooling slides by one pixel, classes follow at each place, and their probabilities are
  /// averaged.
  case denseProbabilities = "dense-probabilities"
  /// The same, but what enters the softmax is averaged.
  case denseLogits = "dense-logits"
}

extension Network {
  /// The network that reads images of any size in that way.
  ///
  /// - Throws: `NetworkError` where the network has no last pooling over its whole image.
  public func sliding(_ definition: SlidingDefinition) throws(NetworkError) -> Network {
    let shapes = try shapes()
    let pools = nodes.indices.filter { nodes[$0].poolsWhole(shapes[nodes[$0].inputs.first ?? ""]) }
    guard let last = pools.last, let image = shapes[nodes[last].inputs[0]] else {
      throw NetworkError("the network pools no whole image: it cannot slide over a larger one")
    }
    let isDense = definition != .pooled
    let window = Extent(height: image[2], width: image[3])
    var changed = nodes
    switch nodes[last].layer {
    case .globalPooling(let pool) where isDense:
      changed[last].layer = .pooling(.init(kind: pool.kind, kernel: window, stride: Extent(1)))
    case .pooling(let pool) where isDense:
      changed[last].layer = .pooling(.init(kind: pool.kind, kernel: window, stride: Extent(1)))
    case .pooling(let pool): changed[last].layer = .globalPooling(.init(kind: pool.kind))
    default: break  // pools whole images of any size already
    }
    for index in changed.indices where changed[index].dropsPlaces(shapes) {
      changed[index].layer = .flatten(.init())
    }
    let network = try Network(name: name, nodes: changed)
    return isDense ? try network.fullyConvolutional() : network
  }
}

extension Node {
  /// Whether each channel of an image becomes one number.
  fileprivate func poolsWhole(_ image: Shape?) -> Bool {
    guard let image, image.rank == 4 else { return false }
    switch layer {
    case .globalPooling: return true
    case .pooling(let pool):
      return pool.kernel == Extent(height: image[2], width: image[3]) && pool.padding == .none
        && pool.dilation == Extent(1)
    default: return false  // no other layer pools
    }
  }

  /// Whether a reshape makes a line of an image of one place, which a flattening does, too.
  fileprivate func dropsPlaces(_ shapes: [String: Shape]) -> Bool {
    guard case .reshape = layer, let source = shapes[inputs[0]], source.rank == 4,
      source[2] == 1, source[3] == 1
    else { return false }
    return shapes[outputs[0]] == Shape([source[0], source[1]])
  }
}
