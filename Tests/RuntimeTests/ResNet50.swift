import ModelGraph
import TensorCore
import TestSupport

/// ResNet-50 as its authors published it: stride in the first 1×1 of a block, batch normalization
/// and scale as two layers. 3.858 GMAC at 224².
func resNet50(seed: UInt64) throws -> Network {
  var random = SeededGenerator(seed: seed)
  var nodes = [Node("data", .input(.init(shape: [1, 3, 224, 224])))]

  func convolve(
    _ name: String, _ input: String, _ channels: (from: Int, to: Int), kernel: Int,
    stride: Int = 1, rectified: Bool = true
  ) -> String {
    let fanIn = channels.from * kernel * kernel
    nodes.append(
      Node(
        name,
        .convolution(
          .init(
            kernel: random.tensor(
              [channels.to, channels.from, kernel, kernel], scale: (6 / Float(fanIn)).squareRoot()),
            stride: Extent(stride), padding: Padding(vertical: kernel / 2, horizontal: kernel / 2))),
        inputs: [input]))
    nodes.append(
      Node(
        "bn_\(name)",
        .batchNormalization(
          .init(
            mean: random.tensor([channels.to], scale: 0.1),
            variance: Tensor(
              [channels.to], (0..<channels.to).map { _ in Float.random(in: 1...3, using: &random) }),
            factor: Tensor([1], [Float(1.5)]), epsilon: 1e-5)),
        inputs: [name]))
    nodes.append(
      Node(
        "scale_\(name)",
        .scale(
          .init(
            scale: Tensor(
              [channels.to],
              (0..<channels.to).map { _ in Float.random(in: 0.5...1, using: &random) }),
            bias: random.tensor([channels.to], scale: 0.1))),
        inputs: ["bn_\(name)"]))
    guard rectified else { return "scale_\(name)" }
    nodes.append(Node("\(name)_relu", .relu(.init()), inputs: ["scale_\(name)"]))
    return "\(name)_relu"
  }

  var value = convolve("conv1", "data", (3, 64), kernel: 7, stride: 2)
  nodes.append(
    Node(
      "pool1",
      .pooling(
        .init(
          kind: .maximum, kernel: Extent(3), stride: Extent(2), rounding: .ceil,
          clipsLastWindow: true)),
      inputs: [value]))
  value = "pool1"
  var channels = 64
  for (stage, blocks) in [3, 4, 6, 3].enumerated() {
    let width = 64 << stage
    for block in 0..<blocks {
      let name = "res\(stage + 2)\(["a", "b", "c", "d", "e", "f"][block])"
      let stride = block == 0 && stage > 0 ? 2 : 1
      var shortcut = value
      if block == 0 {
        shortcut = convolve(
          "\(name)_branch1", value, (channels, 4 * width), kernel: 1, stride: stride,
          rectified: false)
      }
      value = convolve("\(name)_branch2a", value, (channels, width), kernel: 1, stride: stride)
      value = convolve("\(name)_branch2b", value, (width, width), kernel: 3)
      value = convolve("\(name)_branch2c", value, (width, 4 * width), kernel: 1, rectified: false)
      nodes.append(
        Node(name, .elementwise(.init(operation: .sum)), inputs: [shortcut, value]))
      nodes.append(Node("\(name)_relu", .relu(.init()), inputs: [name]))
      value = "\(name)_relu"
      channels = 4 * width
    }
  }
  nodes += [
    Node(
      "pool5", .pooling(.init(kind: .average, kernel: Extent(7), stride: Extent(1))),
      inputs: [value]),
    Node(
      "fc1000",
      .fullyConnected(
        .init(kernel: random.tensor([1000, 2048], scale: 0.03), bias: random.tensor([1000]))),
      inputs: ["pool5"]),
    Node("prob", .softmax(.init()), inputs: ["fc1000"]),
  ]
  return try Network(name: "ResNet-50", nodes: nodes)
}
