internal import Files
internal import ModelGraph
internal import TensorCore

extension NetworkBuilder {
  /// A matrix product over the last axis.
  mutating func dense(_ layer: KerasLayer, _ input: KerasValue) throws(FormatError) -> KerasValue {
    // Two calls may have their inputs in two arrangements, the matrix has one.
    let input = layer.calls.count > 1 || input.arrangement == .plane ? try plain(input) : input
    let shape = input.kerasShape
    let (rank, inputs) = (shape.rank, shape[shape.rank - 1])
    guard let outputs = try layer.settings.integer("units", "output_dim"), outputs > 0 else {
      throw layer.settings.fault("expected a number of units of 1 or more")
    }
    var product = try once("\(layer.path) \(input.arrangement)") { (builder) throws(FormatError) in
      let kernel = try builder.weight(
        .kernel, of: layer, expected: [inputs, outputs], target: "\(layer.path)/kernel"
      ) { stored in
        switch input.arrangement {
        case .plain, .plane: KerasLayout.matrix(stored, image: nil)
        case .flattened(let height, let width, let channels):
          KerasLayout.matrix(stored, image: (height, width, channels))
        case .image, .line:
          KerasLayout.matrix(stored, image: nil)
            + [.reshape(from: [outputs, inputs], to: [outputs, inputs, 1, 1])]
        }
      }
      let bias = try builder.bias(of: layer, count: outputs)
      return input.shape.rank == 4 && input.arrangement != .plain
        ? .convolution(.init(kernel: kernel, bias: bias))
        : .fullyConnected(.init(kernel: kernel, bias: bias, axis: rank - 1))
    }
    // Shared ones may work on values of several ranks.
    if case .fullyConnected(var layer) = product {
      layer.axis = rank - 1
      product = .fullyConnected(layer)
    }
    if input.arrangement.isFlattened { reorderedMatrices.append(layer.path) }
    let arrangement = input.arrangement.isFlattened ? .plain : input.arrangement
    return try add(layer, product, to: input, arrangement: arrangement)
  }

  /// The layer's addend, if it has one.
  mutating func bias(of layer: KerasLayer, count: Int) throws(FormatError) -> Tensor? {
    guard try layer.variables().contains(.bias) else { return nil }
    return try vector(.bias, of: layer, count: count, target: "\(layer.path)/bias")
  }

  /// Adds a layer that computes, and its activation behind it.
  mutating func add(
    _ layer: KerasLayer, _ main: Layer, to input: KerasValue,
    arrangement: KerasValue.Arrangement, before parts: [Part] = []
  ) throws(FormatError) -> KerasValue {
    var result = input
    result.arrangement = arrangement
    let activation = try activation(layer.settings.value("activation"), of: layer, result)
    result = try add(layer.path, parts + [Part(nil, main)] + activation, to: [input])
    result.arrangement = arrangement
    return result
  }

  /// Normalization by stored statistics, along any axis.
  mutating func batchNormalization(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    if let mode = try layer.settings.integer("mode"), mode != 0 {
      throw layer.settings.fault(
        "expected mode 0 of batch normalization, found \(mode), which uses no stored statistics")
    }
    let origin = origin
    return try perChannel(layer, input) { (builder, count) throws(FormatError) in
      let variables = try layer.variables()
      guard let epsilon = try layer.settings.number("epsilon") ?? origin.defaultEpsilon else {
        throw layer.settings.fault(
          "expected the setting epsilon, found none: Keras 1 has had two defaults for it")
      }
      let path = layer.path
      var normalization = Layer.BatchNormalization(
        mean: try builder.vector(.movingMean, of: layer, count: count, target: "\(path)/mean"),
        variance: try builder.vector(
          .movingVariance, of: layer, count: count, target: "\(path)/variance",
          transforms: origin.deviation == .deviation ? [.square(adding: epsilon)] : []),
        epsilon: origin.deviation == .deviation ? 0 : epsilon)
      if variables.contains(.gamma) {
        normalization.gamma = try builder.vector(
          .gamma, of: layer, count: count, target: "\(path)/gamma")
      }
      if variables.contains(.beta) {
        normalization.beta = try builder.vector(
          .beta, of: layer, count: count, target: "\(path)/beta")
      }
      return .batchNormalization(normalization)
    }
  }

  /// The custom layer of networks that were converted from Caffe: a factor and an addend.
  mutating func scale(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    try perChannel(layer, input) { (builder, count) throws(FormatError) in
      .scale(
        .init(
          scale: try builder.vector(
            .gamma, of: layer, count: count, target: "\(layer.path)/scale"),
          bias: try builder.vector(
            .beta, of: layer, count: count, target: "\(layer.path)/bias")))
    }
  }

  /// Adds a layer that works on axis 1, for the axis that the settings name.
  private mutating func perChannel(
    _ layer: KerasLayer, _ input: KerasValue,
    _ make: (inout NetworkBuilder, Int) throws(FormatError) -> Layer
  ) throws(FormatError) -> KerasValue {
    let input = input.arrangement.isFlattened ? try plain(input) : input
    return try perAxis(layer, input, try layer.axis(input), make)
  }

  /// Adds a layer that works on axis 1, for any canonical axis.
  mutating func perAxis(
    _ layer: KerasLayer, _ input: KerasValue, _ axis: Int,
    _ make: (inout NetworkBuilder, Int) throws(FormatError) -> Layer
  ) throws(FormatError) -> KerasValue {
    guard axis > 0 else { throw layer.settings.fault("the axis of the batch has no statistics") }
    let count = input.shape[axis]
    let main = try once(layer.path) { (builder) throws(FormatError) in try make(&builder, count) }
    guard axis != 1 else { return try add(layer.path, [Part(nil, main)], to: [input]) }
    var axes = Array(0..<input.shape.rank)
    axes.swapAt(1, axis)
    let swap = Layer.permutation(.init(axes: axes))
    return try add(
      layer.path,
      [Part("axis-first", swap), Part(nil, main, value: "swapped"), Part("swap", swap)],
      to: [input])
  }
}
