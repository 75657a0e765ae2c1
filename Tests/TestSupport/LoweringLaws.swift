public import Lowering
public import ModelGraph
internal import Reference
public import ResNet
internal import TensorCore

/// What holds of every lowered network, judged by the oracle.
public enum LoweringLaws {
  /// Small networks of every trait: units before and behind activations, each shortcut and padding.
  public static let descriptions: [ResNetDescription] = {
    var all: [ResNetDescription] = []
    for shortcut in ResNetDescription.Shortcut.allCases {
      var description = ResNetDescription.cifar(depth: 20)
      description.shortcut = shortcut
      all.append(description)
    }
    for padding in ResNetDescription.Padding.allCases {
      for activation in ResNetDescription.Activation.allCases {
        var description = ResNetDescription.imageNet(.bottleneck, [1, 1, 1, 1])
        (description.padding, description.activation) = (padding, activation)
        description.stem.padding = padding
        description.hasScaleLayers = activation == .after
        description.widths = [8, 16, 32, 64]
        description.widthPerGroup = 8
        description.image = ResNetDescription.Image(channels: 3, height: 64, width: 48)
        all.append(description)
      }
    }
    return all
  }()

  /// What a lowered network breaks, one sentence each; empty if it keeps every law.
  ///
  /// - It computes in float64 what its model computes: to `tolerance` relative to the largest element,
  ///   for random inputs; 0 asks for the same bits.
  /// - Each weight is what its transforms make of the model's weight of that name.
  public static func faults(
    of lowered: LoweredNetwork, from model: Network, tolerance: Double = 0, seed: UInt64 = 1
  ) throws -> [String] {
    var random = SeededGenerator(seed: seed)
    var inputs: [String: Tensor] = [:]
    for (name, shape) in model.inputs { inputs[name] = random.tensor(shape) }
    let network = try lowered.network()
    let kept = Set(network.inputs.map(\.name))
    let wanted = try outputs(of: model, inputs)
    let found = try outputs(of: network, inputs.filter { kept.contains($0.key) })
    var faults = weightFaults(of: network, lowered, model)
    for name in lowered.outputs where wanted[name] != nil {
      let (exact, value) = (wanted[name]!.elements, found[name]?.elements ?? [])
      guard exact.count == value.count else {
        faults.append("\(name): \(exact.count) elements became \(value.count)")
        continue
      }
      let size = exact.map(abs).max() ?? 0
      let error = zip(exact, value).map { abs($0 - $1) }.max() ?? 0
      if !(error <= tolerance * size) { faults.append("\(name): differs by \(error) of \(size)") }
    }
    return faults
  }

  private static func outputs(
    of network: Network, _ inputs: [String: Tensor]
  ) throws -> [String: OracleValue] {
    var values: [String: OracleValue] = [:]
    try Oracle(network).run(inputs) { values[$0] = $1 }
    return values
  }

  private static func weightFaults(
    of network: Network, _ lowered: LoweredNetwork, _ model: Network
  ) -> [String] {
    let weights = Dictionary(model.allWeights.map { ($0.name, $0.tensor) }) { first, _ in first }
    var faults: [String] = []
    for node in network.nodes {
      for (role, tensor) in node.layer.weights {
        let origin = lowered.origin(of: role, in: node.name)
        guard let name = origin.weight else { continue }
        var made = weights[name]
        for transform in origin.transforms { made = made.flatMap { transform.applied(to: $0) } }
        if made?.isBitEqual(to: tensor) != true {
          faults.append("\(node.name)/\(role): is not \(name) after \(origin.transforms)")
        }
      }
    }
    return faults
  }
}
