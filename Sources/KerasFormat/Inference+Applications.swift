internal import Files
internal import ModelIO
internal import TensorCore

// The networks of keras.applications (keras/src/applications/resnet.py, resnet_v2.py and, until
// 2018, resnet50.py).
extension Inference {
  /// How many blocks each stage has, by the names of a layer that every block has.
  private func blockCounts(_ layer: String) -> [Int] {
    (2...5).map { stage in
      var count = 0
      while inventory["conv\(stage)_block\(count + 1)_\(layer)"] != nil { count += 1 }
      return count
    }
  }

  /// The name of a network of so many blocks.
  private func name(_ counts: [Int], suffix: String = "") throws(FormatError) -> String {
    guard counts.allSatisfy({ $0 > 0 }) else {
      throw Inference.unknown("a stage has no blocks")
    }
    return "resnet\(3 * counts.reduce(0, +) + 2)\(suffix)"
  }

  /// Where the stride of a stage is, as `first` unless the user says otherwise.
  private mutating func strides(_ stride: Int) -> (first: Int, middle: Int) {
    switch assumptions.stride ?? .first {
    case .first: (stride, 1)
    case .middle: (1, stride)
    }
  }

  private mutating func noteStrides() {
    let place = assumptions.stride ?? .first
    net.notes.append(
      "assumed that the \(place == .first ? "first" : "middle") convolution of a block has the "
        + "stride (--stride)")
  }

  private mutating func addPool(_ input: String, padsByDefault: Bool) -> String {
    let pads = assumptions.padsPooling ?? padsByDefault
    net.notes.append(
      "assumed \(pads ? "zeros" : "no padding") around the image before the pooling of the stem "
        + "(--pool-padding)")
    let padded = pads ? addPadding("pool1_pad", input, 1) : input
    return addPooling("pool1_pool", padded, size: 3, stride: 2)
  }

  /// ResNet v1 with the names of 2018 and later.
  mutating func addApplication() throws(FormatError) -> String {
    try addApplication(blockCounts("1_conv"), like: nil)
  }

  /// - Parameter stem: the first convolution, of a file that numbers its layers: their settings are
  ///   those of the family; nil where layers are found by their names.
  private mutating func addApplication(
    _ counts: [Int], like stem: Inventory.Item?
  ) throws(FormatError) -> String {
    let epsilon = 1.001e-5
    note(epsilon: epsilon)
    noteStrides()
    func kernel(_ filters: Int, _ side: Int = 1) -> Inventory.Item? {
      stem.map { Inventory.Item(filters: filters, side: side, like: $0) }
    }
    var x = addPadding("conv1_pad", addInput(side: 224), 3)
    x = try addConvolution("conv1_conv", x, stride: 2, item: stem)
    x = addReLU("conv1_relu", addNormalization("conv1_bn", x, epsilon: epsilon))
    x = addPool(x, padsByDefault: true)
    for (index, count) in counts.enumerated() {
      let filters = 64 << index
      for block in 1...max(count, 1) {
        let name = "conv\(index + 2)_block\(block)"
        let stride = index > 0 && block == 1 ? 2 : 1
        let (first, middle) = strides(stride)
        var shortcut = x
        if block == 1 {
          shortcut = try addConvolution(
            "\(name)_0_conv", x, stride: stride, item: kernel(4 * filters))
          shortcut = addNormalization("\(name)_0_bn", shortcut, epsilon: epsilon)
        }
        var y = try addConvolution("\(name)_1_conv", x, stride: first, item: kernel(filters))
        y = addReLU("\(name)_1_relu", addNormalization("\(name)_1_bn", y, epsilon: epsilon))
        y = try addConvolution(
          "\(name)_2_conv", y, stride: middle, padding: "same",
          item: kernel(filters, 3))
        y = addReLU("\(name)_2_relu", addNormalization("\(name)_2_bn", y, epsilon: epsilon))
        y = try addConvolution("\(name)_3_conv", y, item: kernel(4 * filters))
        y = addNormalization("\(name)_3_bn", y, epsilon: epsilon)
        x = addReLU("\(name)_out", net.add("\(name)_add", "Add", [shortcut, y]))
      }
    }
    try addHead(x, pooling: "avg_pool", name: stem == nil ? nil : "predictions")
    return try name(counts)
  }

  /// ResNet v2: activations before convolutions.
  mutating func addApplicationV2() throws(FormatError) -> String {
    try addApplicationV2(blockCounts("1_conv"), like: nil)
  }

  private mutating func addApplicationV2(
    _ counts: [Int], like stem: Inventory.Item?
  ) throws(FormatError) -> String {
    let epsilon = 1.001e-5
    note(epsilon: epsilon)
    func kernel(_ filters: Int, _ side: Int = 1, bias: Bool = false) -> Inventory.Item? {
      stem.map { Inventory.Item(filters: filters, side: side, like: $0, hasBias: bias) }
    }
    var x = addPadding("conv1_pad", addInput(side: 224), 3)
    x = try addConvolution("conv1_conv", x, stride: 2, item: stem)
    x = addPool(x, padsByDefault: true)
    for (index, count) in counts.enumerated() {
      let filters = 64 << index
      for block in 1...max(count, 1) {
        let name = "conv\(index + 2)_block\(block)"
        // The last block of a stage has the stride.
        let stride = index < 3 && block == count ? 2 : 1
        let active = addReLU(
          "\(name)_preact_relu", addNormalization("\(name)_preact_bn", x, epsilon: epsilon))
        var shortcut = x
        if block == 1 {
          shortcut = try addConvolution(
            "\(name)_0_conv", active, stride: stride, item: kernel(4 * filters, bias: true))
        } else if stride > 1 {
          shortcut = addPooling("\(name)_0_pool", x, size: 1, stride: stride)
        }
        var y = try addConvolution("\(name)_1_conv", active, item: kernel(filters))
        y = addReLU("\(name)_1_relu", addNormalization("\(name)_1_bn", y, epsilon: epsilon))
        y = try addConvolution(
          "\(name)_2_conv", addPadding("\(name)_2_pad", y, 1), stride: stride,
          item: kernel(filters, 3))
        y = addReLU("\(name)_2_relu", addNormalization("\(name)_2_bn", y, epsilon: epsilon))
        y = try addConvolution("\(name)_3_conv", y, item: kernel(4 * filters, bias: true))
        x = net.add("\(name)_out", "Add", [shortcut, y])
      }
    }
    x = addReLU("post_relu", addNormalization("post_bn", x, epsilon: epsilon))
    try addHead(x, pooling: "avg_pool", name: stem == nil ? nil : "predictions")
    return try name(counts, suffix: "v2")
  }

  /// A network with a stem of 7 × 7 in a file that numbers its layers.
  mutating func addUnnamedApplication() throws(FormatError) -> String {
    let kernels = inventory.items(.convolution)
    guard !isChannelsFirst, let stem = kernels.first else {
      throw Inference.unknown("kernels of 7 × 7 of no network that is known")
    }
    let counts = (0..<4).map { stage in
      kernels.count { $0.shape.dimensions == [3, 3, 64 << stage, 64 << stage] }
    }
    let blockCount = counts.reduce(0, +)
    guard kernels.count == 3 * blockCount + 5 else {
      throw Inference.unknown(
        "\(kernels.count) convolutions, of which \(blockCount) are 3 × 3")
    }
    switch inventory.items(.normalization).count {
    case kernels.count:
      net.notes.append("inferred a ResNet v1 of keras.applications from the shapes of its weights")
      return try addApplication(counts, like: stem)
    case 3 * blockCount + 1:
      net.notes.append("inferred a ResNet v2 of keras.applications from the shapes of its weights")
      return try addApplicationV2(counts, like: stem)
    case let count:
      throw Inference.unknown("\(kernels.count) convolutions and \(count) batch normalizations")
    }
  }

  /// ResNets with the names of Caffe's: ResNet50 until 2018, and 101 and 152 with layers of factors.
  mutating func addFirstApplication() throws(FormatError) -> String {
    let hasFactors = inventory["scale_conv1"] != nil
    let epsilon = hasFactors ? 1.1e-5 : 1e-3
    note(epsilon: epsilon)
    noteStrides()
    var x = addPadding("conv1_pad", addInput(side: 224), 3)
    x = try addConvolution("conv1", x, stride: 2)
    x = addNormalization("bn_conv1", x, epsilon: epsilon, scale: "scale_conv1")
    x = addReLU("conv1_relu", x)
    x = addPool(x, padsByDefault: inventory.layerNames.contains("pool1_pad"))
    for stage in 2...5 {
      for (index, block) in blocks(ofStage: stage).enumerated() {
        x = try addBlock("\(stage)\(block)", x, stride: stage > 2 && index == 0 ? 2 : 1, epsilon)
      }
    }
    try addHead(x, pooling: "avg_pool", name: nil)
    return "resnet"
  }

  private mutating func addBlock(
    _ name: String, _ x: String, stride: Int, _ epsilon: Double
  ) throws(FormatError) -> String {
    let (first, middle) = strides(stride)
    func normalized(
      _ inference: inout Inference, _ branch: String, _ value: String
    ) -> String {
      inference.addNormalization(
        "bn\(name)_branch\(branch)", value, epsilon: epsilon, scale: "scale\(name)_branch\(branch)")
    }
    var y = try addConvolution("res\(name)_branch2a", x, stride: first)
    y = addReLU("res\(name)_branch2a_relu", normalized(&self, "2a", y))
    y = try addConvolution("res\(name)_branch2b", y, stride: middle, padding: "same")
    y = addReLU("res\(name)_branch2b_relu", normalized(&self, "2b", y))
    y = normalized(&self, "2c", try addConvolution("res\(name)_branch2c", y))
    var shortcut = x
    if inventory["res\(name)_branch1"] != nil {
      shortcut = try addConvolution("res\(name)_branch1", x, stride: stride)
      shortcut = normalized(&self, "1", shortcut)
    }
    return addReLU("res\(name)_relu", net.add("res\(name)", "Add", [y, shortcut]))
  }

  /// The blocks of a stage in order: a, b, c or a, b1, b2, …
  private func blocks(ofStage stage: Int) -> [String] {
    let (prefix, suffix) = ("res\(stage)", "_branch2a")
    let blocks = inventory.items.map(\.name).filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
      .map { String($0.dropFirst(prefix.count).dropLast(suffix.count)) }
    func key(_ block: String) -> (String, Int) {
      (String(block.prefix { !$0.isNumber }), Int(block.drop { !$0.isNumber }) ?? 0)
    }
    return blocks.sorted { key($0) < key($1) }
  }
}

extension Inventory.Item {
  /// Kernels that a network of its family has, for files that number their layers: the weights are
  /// found by their number, and their shapes are compared then.
  fileprivate init(filters: Int, side: Int, like stem: Inventory.Item, hasBias: Bool? = nil) {
    self = stem
    shape = [side, side, 1, filters]
    count = hasBias ?? stem.hasBias ? 2 : 1
  }
}
