internal import Files
internal import ModelGraph
internal import TensorCore

// Normalizations and softmax.
extension GraphReader {
  mutating func readBatchNormalization() throws(FormatError) {
    attributes.ignore("momentum", "consumed_inputs")
    var input = try value()
    if case .permuted(let axes) = input.layout, axes.count < 2 || axes[1] != 1 {
      input = try inOrder(input)
    }
    guard input.shape.rank >= 2 else {
      throw node.fault("expected a value with channels, found \(input.onnxShape)")
    }
    if opset < 9, try !attributes.flag("spatial", true), input.shape.rank > 2 {
      throw node.fault("statistics of each pixel (spatial 0) are not supported")
    }
    if opset < 7 {
      _ = try attributes.int("is_test")
    } else if try attributes.flag("training_mode") {
      throw node.fault(
        "batch normalization in training mode is not supported: export for inference")
    }
    guard !node.outputs.dropFirst().contains(where: { isRead($0) }) else {
      throw node.fault(
        "the statistics that batch normalization makes in training are not supported")
    }
    let roles: [Layer.WeightRole] = [.gamma, .beta, .mean, .variance]
    var weights: [(role: Layer.WeightRole, constant: Constant)] = []
    for (index, role) in roles.enumerated() {
      let constant = try constant(index + 1, "\(role.rawValue)")
      guard constant.shape == [input.shape[1]], constant.tensor != nil else {
        throw node.fault("expected \(input.shape[1]) numbers for \(role), found \(constant.shape)")
      }
      weights.append((role, constant))
    }
    let tensors = weights.map { $0.constant.tensor! }  // checked above
    let layer = Layer.BatchNormalization(
      mean: tensors[2], variance: tensors[3], gamma: tensors[0], beta: tensors[1],
      epsilon: try attributes.float("epsilon") ?? Double(Float(1e-5)))
    make(.value(try addElementwise(.batchNormalization(layer), to: input, weights)))
  }

  mutating func readLocalNormalization() throws(FormatError) {
    let input = try inOrder(try value())
    guard let size = try attributes.int("size") else {
      throw node.fault("expected a size, found none")
    }
    let layer = Layer.LocalResponseNormalization(
      size: size, alpha: try attributes.float("alpha") ?? Double(Float(1e-4)),
      beta: try attributes.float("beta") ?? 0.75, k: try attributes.float("bias") ?? 1)
    make(.value(try add(.localResponseNormalization(layer), to: [input])))
  }

  mutating func readSoftmax() throws(FormatError) {
    let input = try value()
    let isLogarithmic = node.op == "LogSoftmax"
    let axis = try axis(try attributes.int("axis") ?? (opset < 13 ? 1 : -1), of: input.rank)
    let shape = input.onnxShape
    // Before opset 13 all axes from this one on are one.
    guard opset < 13, shape.elementCount(from: axis) != shape[axis] else {
      let layer = Layer.Softmax(axis: input.canonicalAxis(axis), isLogarithmic: isLogarithmic)
      return make(.value(try addElementwise(.softmax(layer), to: input)))
    }
    let plain = try inOrder(input)
    let tail = plain.shape.elementCount(from: axis)
    let flat = try add(
      .reshape(.init(extents: [tail], axis: axis)), to: [plain], part: "flat")
    let softmax = try add(
      .softmax(.init(axis: axis, isLogarithmic: isLogarithmic)), to: [flat], part: "softmax")
    make(
      .value(
        try add(
          .reshape(.init(extents: Array(plain.shape.dimensions[axis...]), axis: axis)),
          to: [softmax])))
  }
}
