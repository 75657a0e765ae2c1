/// What a framework calls the layers of a ResNet.
public struct LayerNames: Sendable {
  /// Who gave the names.
  public enum Scheme: String, Sendable, CaseIterable {
    /// The authors of the paper, in Caffe: `res2a_branch2a`, `bn2a_branch2a`.
    case caffe
    /// keras.applications until 2018: Caffe's, but for what has no weights.
    case keras2016
    /// keras.applications since 2018: `conv2_block1_1_conv`.
    case keras2018
    /// Keras' example for CIFAR: classes and numbers, `conv2d_1`.
    case kerasCIFAR
    /// torchvision: `layer1.0.conv1`.
    case torchvision
  }

  /// Who gave the names.
  public let scheme: Scheme
  let net: ResNetDescription
  /// What a file calls the units, where that is known: `2a`, `3b1`.
  private let blocks: [UnitPlace: String]
  /// The names that are numbers in the order of the layers.
  private let numbered: [ResNetPart: String]

  /// The names that a framework gives the layers of a network.
  ///
  /// - Parameter blocks: the stage and the unit in names of Caffe, `2a` or `3b1`, where a file has
  ///   others than the published networks.
  public init(_ scheme: Scheme, of net: ResNetDescription, blocks: [UnitPlace: String] = [:]) {
    self.scheme = scheme
    self.net = net
    self.blocks = blocks
    numbered = scheme == .kerasCIFAR ? LayerNames.numbered(net) : [:]
  }

  /// The name of a layer.
  public subscript(part: ResNetPart) -> String {
    switch scheme {
    case .caffe: caffe(part)
    case .keras2016: keras2016(part)
    case .keras2018: keras2018(part)
    case .kerasCIFAR: numbered[part] ?? caffe(part)
    case .torchvision: torchvision(part)
    }
  }
}

// Caffe: the definitions of ResNet-50, -101 and -152 by the paper's authors
// (KaimingHe/deep-residual-networks), and in their spirit what these do not have.
extension LayerNames {
  private func caffe(_ part: ResNetPart) -> String {
    switch part {
    case .image: return "data"
    case .stem(let role):
      switch role {
      case .convolution: return "conv1"
      case .normalization, .scale: return "\(prefix(role))_conv1"
      case .activation, .padding, .pooling, .channels: return "conv1_\(suffix(role))"
      }
    case .pool(let role): return role == .pooling ? "pool1" : "pool1_\(suffix(role))"
    case .opening(let place, let role): return caffe(place, "preact", role)
    case .branch(let place, let index, let role):
      return caffe(place, "branch2\(letter(index))", role)
    case .shortcut(let place, let role): return caffe(place, "branch1", role)
    case .sum(let place): return "res\(block(place))"
    case .closing(let place): return "res\(block(place))_relu"
    case .end(let role):
      let last = net.unitsPerStage.count + 1
      return role == .activation ? "res\(last)_relu" : "\(prefix(role))\(last)"
    case .mean: return "pool\(net.unitsPerStage.count + 1)"
    case .classes: return "fc\(net.classCount ?? 0)"
    case .probabilities: return "prob"
    }
  }

  private func caffe(_ place: UnitPlace, _ branch: String, _ role: ResNetPart.Role) -> String {
    switch role {
    case .convolution: "res\(block(place))_\(branch)"
    case .normalization, .scale: "\(prefix(role))\(block(place))_\(branch)"
    case .activation, .padding, .pooling, .channels:
      "res\(block(place))_\(branch)_\(suffix(role))"
    }
  }

  /// The stage and the unit: `2a`; in networks with long stages the units of these are `3a`, `3b1`.
  private func block(_ place: UnitPlace) -> String {
    if let given = blocks[place] { return given }
    let isNumbered = (net.unitsPerStage.max() ?? 0) > 6 && net.unitsPerStage[place.stage] > 3
    if isNumbered { return "\(place.stage + 2)" + (place.unit == 0 ? "a" : "b\(place.unit)") }
    return "\(place.stage + 2)\(letter(place.unit))"
  }

  private func letter(_ index: Int) -> String { String(UnicodeScalar(UInt8(97 + index))) }

  private func prefix(_ role: ResNetPart.Role) -> String { role == .scale ? "scale" : "bn" }

  func suffix(_ role: ResNetPart.Role) -> String {
    switch role {
    case .padding: "pad"
    case .convolution: "conv"
    case .normalization: "bn"
    case .scale: "scale"
    case .activation: "relu"
    case .pooling: "pool"
    case .channels: "channels"
    }
  }

  private func keras2016(_ part: ResNetPart) -> String {
    switch part {
    case .image: "input_1"
    case .pool(let role): "pool1_\(suffix(role))"
    case .mean: "avg_pool"
    case .stem, .opening, .branch, .shortcut, .sum, .closing, .end, .classes, .probabilities:
      caffe(part)
    }
  }
}
