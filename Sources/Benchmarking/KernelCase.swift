public import ModelGraph
internal import TensorCore

/// A layer as networks have it, alone, so that the kernels for it can be timed beside each other.
public struct KernelCase: Sendable {
  /// What it is and on how large an image: `3×3 64→64 @56`.
  public let name: String
  /// An input and the layer.
  public let network: Network

  /// The name of the layer in its network.
  static let layerName = "layer"

  private init(_ name: String, _ shape: Shape, _ layer: Layer) {
    self.name = name
    do {
      network = try Network(
        name: name,
        nodes: [
          Node("data", .input(.init(shape: shape))),
          Node(Self.layerName, layer, inputs: ["data"]),
        ])
    } catch {
      preconditionFailure("\(name): \(error)")
    }
  }

  private static func convolution(
    _ channels: Int, _ filters: Int, _ side: Int, kernel: Int, stride: Int = 1, groups: Int = 1
  ) -> KernelCase {
    let shape = Shape([filters, channels / groups, kernel, kernel])
    let name =
      "\(kernel)×\(kernel)\(stride > 1 ? " /\(stride)" : "") "
      + (groups > 1 ? "depthwise \(channels)" : "\(channels)→\(filters)") + " @\(side / stride)"
    return KernelCase(
      name, [1, channels, side, side],
      .convolution(
        .init(
          kernel: NumPyNormal.tensor(shape, seed: 1), stride: Extent(stride),
          padding: Padding(vertical: kernel / 2, horizontal: kernel / 2), groups: groups)))
  }

  /// The layers of ResNet-50, -18 and of nets for CIFAR, and a depthwise convolution.
  public static func all() -> [KernelCase] {
    [
      convolution(3, 64, 224, kernel: 7, stride: 2),
      KernelCase(
        "max 3×3 /2 64 @56", [1, 64, 112, 112],
        .pooling(
          .init(
            kind: .maximum, kernel: Extent(3), stride: Extent(2),
            padding: Padding(vertical: 1, horizontal: 1)))),
      convolution(64, 256, 56, kernel: 1), convolution(256, 64, 56, kernel: 1),
      convolution(64, 64, 56, kernel: 3), convolution(256, 512, 56, kernel: 1, stride: 2),
      convolution(128, 128, 28, kernel: 3), convolution(128, 512, 28, kernel: 1),
      convolution(128, 256, 28, kernel: 3, stride: 2), convolution(256, 256, 14, kernel: 3),
      convolution(1024, 256, 14, kernel: 1), convolution(512, 512, 7, kernel: 3),
      convolution(512, 2048, 7, kernel: 1),
      convolution(256, 256, 28, kernel: 3, groups: 256),
      KernelCase("mean 2048 @7", [1, 2048, 7, 7], .globalPooling(.init(kind: .average))),
      KernelCase(
        "dense 2048→1000", [1, 2048],
        .fullyConnected(.init(kernel: NumPyNormal.tensor([1000, 2048], seed: 1)))),
      convolution(16, 16, 32, kernel: 3), convolution(32, 32, 16, kernel: 3),
      convolution(64, 64, 8, kernel: 3),
    ]
  }
}
