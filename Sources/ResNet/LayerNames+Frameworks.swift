// Keras since 2018 (keras/src/applications/resnet.py, resnet_v2.py), its example for CIFAR
// (examples/cifar10_resnet.py) and torchvision (torchvision/models/resnet.py).
extension LayerNames {
  func keras2018(_ part: ResNetPart) -> String {
    switch part {
    case .image: "input_1"
    case .stem(let role): "conv1_\(suffix(role))"
    case .pool(let role): "pool1_\(suffix(role))"
    case .opening(let place, let role): "\(keras(place))_preact_\(suffix(role))"
    case .branch(let place, let index, let role): "\(keras(place))_\(index + 1)_\(suffix(role))"
    case .shortcut(let place, let role): "\(keras(place))_0_\(suffix(role))"
    case .sum(let place):
      net.activation == .before ? "\(keras(place))_out" : "\(keras(place))_add"
    case .closing(let place): "\(keras(place))_out"
    case .end(let role): "post_\(suffix(role))"
    case .mean: "avg_pool"
    case .classes: "predictions"
    case .probabilities: "predictions_softmax"
    }
  }

  private func keras(_ place: UnitPlace) -> String {
    "conv\(place.stage + 2)_block\(place.unit + 1)"
  }

  func torchvision(_ part: ResNetPart) -> String {
    switch part {
    case .image: "input"
    case .stem(let role): torch(role, "1", activation: "relu")
    case .pool(let role): role == .pooling ? "maxpool" : "maxpool_\(suffix(role))"
    case .opening(let place, let role): "\(torch(place)).\(torch(role, "0", activation: "relu0"))"
    case .branch(let place, let index, let role):
      "\(torch(place)).\(torch(role, "\(index + 1)", activation: "relu\(index + 1)"))"
    case .shortcut(let place, let role):
      switch role {
      case .convolution: "\(torch(place)).downsample.0"
      case .normalization: "\(torch(place)).downsample.1"
      case .padding, .scale, .activation, .pooling, .channels:
        "\(torch(place)).downsample.\(suffix(role))"
      }
    case .sum(let place): "\(torch(place)).add"
    case .closing(let place): "\(torch(place)).relu"
    case .end(let role): torch(role, "_last", activation: "relu_last")
    case .mean: "avgpool"
    case .classes: "fc"
    case .probabilities: "softmax"
    }
  }

  private func torch(_ place: UnitPlace) -> String { "layer\(place.stage + 1).\(place.unit)" }

  private func torch(
    _ role: ResNetPart.Role, _ number: String, activation: String
  ) -> String {
    role == .activation ? activation : "\(torchPrefix(role))\(number)"
  }

  private func torchPrefix(_ role: ResNetPart.Role) -> String {
    switch role {
    case .convolution: "conv"
    case .normalization: "bn"
    case .padding, .scale, .activation, .pooling, .channels: suffix(role)
    }
  }

  /// The names that Keras gives by class and number, in the order in which the example for CIFAR
  /// makes the layers: the residual branch of a unit before its shortcut.
  static func numbered(_ net: ResNetDescription) -> [ResNetPart: String] {
    var (names, counts): ([ResNetPart: String], [String: Int]) = ([.image: "input_1"], [:])
    func add(_ part: ResNetPart, _ className: String) {
      counts[className, default: 0] += 1
      names[part] = "\(className)_\(counts[className] ?? 0)"
    }
    func addUnit(rectifies: Bool, normalizes: Bool = true, _ part: (ResNetPart.Role) -> ResNetPart)
    {
      add(part(.convolution), "conv2d")
      if normalizes { add(part(.normalization), "batch_normalization") }
      if rectifies { add(part(.activation), "activation") }
    }
    addUnit(rectifies: true) { .stem($0) }
    var channels = net.stem.width
    for place in net.units {
      let count = net.convolutionsPerUnit
      for index in 0..<count {
        addUnit(rectifies: index < count - 1) { .branch(place, index, $0) }
      }
      if net.projects(place, from: channels) {
        addUnit(rectifies: false, normalizes: net.normalizesShortcuts) { .shortcut(place, $0) }
      }
      channels = net.outputWidth(of: place.stage)
      add(.sum(place), "add")
      add(.closing(place), "activation")
    }
    add(.mean, "average_pooling2d")
    add(.classes, "dense")
    return names
  }
}
