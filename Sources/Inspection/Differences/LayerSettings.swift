internal import Alignment
internal import ModelGraph
internal import TensorCore

/// What layers that are the same are set to, with what lies before them: zeros in a layer of their own
/// are padding, a selection is a stride.
enum LayerSettings {
  /// What differs between the layers of a pair.
  static func differences(
    _ pair: LayerPair, _ firstShapes: [String: Shape], _ secondShapes: [String: Shape]
  ) -> [NetworkDifference.Setting] {
    guard pair.kind == .core else { return normalization(pair) }
    let a = list(pair.first[0], pair.ways.map(\.first), firstShapes)
    let b = list(pair.second[0], pair.ways.map(\.second), secondShapes)
    // Only what both have: what one type has and the other has not is no difference of settings.
    return a.compactMap { name, value -> NetworkDifference.Setting? in
      guard let other = b.first(where: { $0.name == name })?.value, other != value else {
        return nil
      }
      return NetworkDifference.Setting(name: name, first: value, second: other)
    }
  }

  /// The epsilon of a normalization; float32 may have rounded it.
  private static func normalization(_ pair: LayerPair) -> [NetworkDifference.Setting] {
    func epsilon(_ nodes: [Node]) -> Double? {
      for node in nodes {
        if case .batchNormalization(let layer) = node.layer { return layer.epsilon }
      }
      return nil
    }
    guard let a = epsilon(pair.first), let b = epsilon(pair.second),
      abs(a - b) > 1e-6 * max(abs(a), abs(b))
    else { return [] }
    return [.init(name: "epsilon", first: "\(a)", second: "\(b)")]
  }

  private static func list(
    _ node: Node, _ ways: [LayerPair.Way], _ shapes: [String: Shape]
  ) -> [(name: String, value: String)] {
    let way = ways.first
    func windows(_ stride: Extent, _ padding: Padding) -> [(name: String, value: String)] {
      let before = (way?.stride.height ?? 1, way?.stride.width ?? 1)
      return [
        ("stride", text(stride.height * before.0, stride.width * before.1)),
        (
          "padding",
          text(
            padding.top + (way?.padding.top ?? 0), padding.left + (way?.padding.left ?? 0))
        ),
      ]
    }
    var settings: [(name: String, value: String)] = []
    switch node.layer {
    case .convolution(let layer):
      settings = windows(layer.stride, layer.padding)
      settings.append(("dilation", text(layer.dilation.height, layer.dilation.width)))
      settings.append(("groups", "\(layer.groups)"))
    case .pooling(let layer):
      let input = node.inputs.first.flatMap { shapes[$0] }
      let isGlobal =
        layer.padding == .none && input.map { $0.rank == 4 } == true
        && input?[2] == layer.kernel.height && input?[3] == layer.kernel.width
      settings = [("pooling", layer.kind.rawValue)]
      if isGlobal {
        settings.append(("window", "all"))
      } else {
        settings.append(("window", text(layer.kernel.height, layer.kernel.width)))
        settings += windows(layer.stride, layer.padding)
      }
    case .globalPooling(let layer):
      settings = [("pooling", layer.kind.rawValue), ("window", "all")]
    case .activation(let function): settings = [("function", text(function))]
    case .prelu: settings = [("function", "PReLU")]
    case .elementwise(let layer):
      let isPlain = layer.coefficients.allSatisfy { $0 == 1 }
      settings = [
        ("operation", layer.operation.rawValue),
        (
          "coefficients", isPlain ? "1" : layer.coefficients.map { "\($0)" }.joined(separator: ", ")
        ),
      ]
    case .concatenation(let layer): settings = [("axis", "\(layer.axis)")]
    case .softmax(let layer):
      settings = [("axis", "\(layer.axis)"), ("logarithm", "\(layer.isLogarithmic)")]
    case .localResponseNormalization(let layer):
      settings = [
        ("size", "\(layer.size)"), ("alpha", "\(Float(layer.alpha))"),
        ("beta", "\(Float(layer.beta))"), ("k", "\(Float(layer.k))"),
        ("region", layer.region.rawValue),
      ]
    case .zeroPadding(let layer):
      settings = [("channels", "\(layer.channelsBefore), \(layer.channelsAfter)")]
      settings += windows(Extent(1), layer.spatial)
    case .permutation(let layer): settings = [("axes", "\(layer.axes)")]
    default: break
    }
    // The image that comes out: what windows at the end of an image may differ in without effect.
    if let output = node.outputs.first.flatMap({ shapes[$0] }), output.rank == 4 {
      settings.append(("output image", text(output[2], output[3])))
    }
    return settings
  }

  private static func text(_ height: Int, _ width: Int) -> String {
    height == width ? "\(height)" : "\(height)×\(width)"
  }

  /// A rectifier with a cap is a clip.
  private static func text(_ function: Layer.Activation) -> String {
    switch function {
    case .relu(let layer) where layer.isPlain: return "ReLU"
    case .relu(let layer) where layer.negativeSlope == 0:
      return "clip 0 to \(Float(layer.maximum ?? .infinity))"
    case .relu(let layer): return "ReLU, slope \(Float(layer.negativeSlope))"
    case .clip(let minimum, let maximum):
      if minimum == 0, maximum == .infinity { return "ReLU" }
      return "clip \(Float(minimum)) to \(Float(maximum))".replacing("0.0 ", with: "0 ")
    default: return function.name
    }
  }
}
