public import ModelGraph

extension LayerNames {
  /// The name of a weight in the files of the framework: `layer1.0.conv1.weight` of torchvision,
  /// `conv2_block1_1_conv/kernel:0` of Keras, and of Caffe, which has numbers, `conv1/0`.
  ///
  /// - Returns: nil for a weight that the framework does not have.
  public func weight(_ role: Layer.WeightRole, of part: ResNetPart) -> String? {
    // What a layer of factors adds is called as that of batch normalization.
    let role = role == .bias && part.isScale ? .beta : role
    let suffix =
      switch scheme {
      case .torchvision: LayerNames.torchName(of: role).map { ".\($0)" }
      case .keras2016, .keras2018, .kerasCIFAR: LayerNames.kerasName(of: role).map { "/\($0):0" }
      case .caffe: LayerNames.caffeNumber(of: role).map { "/\($0)" }
      }
    return suffix.map { self[part] + $0 }
  }

  private static func torchName(of role: Layer.WeightRole) -> String? {
    switch role {
    case .kernel, .gamma, .slope: "weight"
    case .bias, .beta: "bias"
    case .mean: "running_mean"
    case .variance: "running_var"
    case .scale, .factor: nil
    }
  }

  private static func kerasName(of role: Layer.WeightRole) -> String? {
    switch role {
    case .kernel: "kernel"
    case .bias: "bias"
    case .gamma, .scale: "gamma"
    case .beta: "beta"
    case .mean: "moving_mean"
    case .variance: "moving_variance"
    case .slope: "alpha"
    case .factor: nil
    }
  }

  private static func caffeNumber(of role: Layer.WeightRole) -> Int? {
    switch role {
    case .kernel, .mean, .scale, .slope: 0
    case .bias, .variance: 1
    case .factor: 2
    case .beta: 1
    // The factors are a layer of their own.
    case .gamma: nil
    }
  }
}

extension ResNetPart {
  /// Whether it is a layer of learned factors.
  fileprivate var isScale: Bool {
    switch self {
    case .stem(.scale), .opening(_, .scale), .branch(_, _, .scale), .shortcut(_, .scale),
      .end(.scale):
      true
    case .image, .stem, .pool, .opening, .branch, .shortcut, .sum, .closing, .end, .mean, .classes,
      .probabilities:
      false
    }
  }
}
