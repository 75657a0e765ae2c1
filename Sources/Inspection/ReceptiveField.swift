internal import ModelGraph
internal import TensorCore

/// How many rows and columns of the image one element of a value depends on.
///
/// With a distance `j` between neighbouring elements, measured in pixels, a window of `k` elements
/// enlarges a field by `(k − 1)·j`, and its stride multiplies `j`. Of several inputs the largest counts.
/// Fields may be larger than the image.
struct ReceptiveField {
  private var size = Extent(1)
  private var distance = Extent(1)

  /// The fields of the outputs of all layers; nil where all of an image is seen, and behind that.
  static func fields(of network: Network) -> [Extent?] {
    var known: [String: ReceptiveField] = [:]
    return network.nodes.map { node in
      let inputs = node.inputs.map { known[$0] }
      guard !inputs.contains(where: { $0 == nil }),
        let field = node.layer.field(of: inputs.compactMap { $0 })
      else { return nil }
      for output in node.outputs { known[output] = field }
      return field.size
    }
  }

  fileprivate func windowed(_ kernel: Extent, _ stride: Extent, _ dilation: Extent)
    -> ReceptiveField
  {
    var field = self
    func grow(_ side: WritableKeyPath<Extent, Int>) {
      let reach = Self.product(
        Self.product(kernel[keyPath: side] - 1, dilation[keyPath: side]), distance[keyPath: side])
      field.size[keyPath: side] = min(size[keyPath: side] + reach, Self.limit)
      field.distance[keyPath: side] = Self.product(distance[keyPath: side], stride[keyPath: side])
    }
    grow(\.height)
    grow(\.width)
    return field
  }

  /// Larger than any image; a definition may ask for any stride.
  private static let limit = 1 << 40

  private static func product(_ first: Int, _ second: Int) -> Int {
    let (product, overflow) = first.multipliedReportingOverflow(by: second)
    return overflow ? limit : min(product, limit)
  }

  /// The larger of two, in each direction.
  fileprivate func union(_ other: ReceptiveField) -> ReceptiveField {
    func larger(_ first: Extent, _ second: Extent) -> Extent {
      Extent(height: max(first.height, second.height), width: max(first.width, second.width))
    }
    var field = self
    field.size = larger(size, other.size)
    field.distance = larger(distance, other.distance)
    return field
  }
}

extension Layer {
  fileprivate func field(of inputs: [ReceptiveField]) -> ReceptiveField? {
    guard let first = inputs.first else { return ReceptiveField() }
    let field = inputs.dropFirst().reduce(first) { $0.union($1) }
    switch self {
    case .convolution(let layer):
      return field.windowed(
        Extent(height: layer.kernel.shape[2], width: layer.kernel.shape[3]), layer.stride,
        layer.dilation)
    case .pooling(let layer): return field.windowed(layer.kernel, layer.stride, layer.dilation)
    case .localResponseNormalization(let layer):
      let side = layer.region == .withinChannel ? layer.size : 1
      return field.windowed(Extent(side), Extent(1), Extent(1))
    case .input, .batchNormalization, .scale, .bias, .activation, .prelu, .elementwise,
      .concatenation, .slice, .crop, .zeroPadding, .passThrough:
      return field
    // The places of a softmax over channels are still places; those of the others are gone.
    case .softmax(let layer): return layer.axis == 1 ? field : nil
    case .globalPooling, .fullyConnected, .flatten, .reshape, .permutation: return nil
    }
  }
}
