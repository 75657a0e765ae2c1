internal import ModelGraph
internal import TensorCore

extension Network {
  /// VGG of K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks" (2014), configurations D
  /// (16) and E (19): 3×3 convolutions with biases, a pooling behind each stage, three matrices.
  init(vgg depth: Int) throws(NetworkError) {
    let last = depth == 19 ? 4 : 3
    let stages = [(2, 64), (2, 128), (last, 256), (last, 512), (last, 512)]
    var nodes = [Node("data", .input(.init(shape: [1, 3, 224, 224])))]
    func add(_ name: String, _ layer: Layer) {
      nodes.append(Node(name, layer, inputs: [nodes[nodes.count - 1].name]))
    }
    func weight(_ shape: Shape) -> Tensor {
      Tensor(absent: shape)!  // extents that were just written
    }
    var channels = 3
    for (stage, (count, width)) in stages.enumerated() {
      for index in 1...count {
        let name = "conv\(stage + 1)_\(index)"
        add(
          name,
          .convolution(
            .init(
              kernel: weight([width, channels, 3, 3]), bias: weight([width]),
              padding: .init(vertical: 1, horizontal: 1))))
        add("\(name)_relu", .activation(.relu(.init())))
        channels = width
      }
      add(
        "pool\(stage + 1)",
        .pooling(.init(kind: .maximum, kernel: Extent(2), stride: Extent(2))))
    }
    var inputs = channels * 7 * 7
    for (index, width) in [4096, 4096, 1000].enumerated() {
      add(
        "fc\(index + 6)",
        .fullyConnected(.init(kernel: weight([width, inputs]), bias: weight([width]))))
      if index < 2 { add("fc\(index + 6)_relu", .activation(.relu(.init()))) }
      inputs = width
    }
    add("prob", .softmax(.init()))
    try self.init(name: "VGG-\(depth)", nodes: nodes)
  }
}
