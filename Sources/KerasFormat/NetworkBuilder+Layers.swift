internal import Files
internal import HDF5
internal import JSON
internal import ModelGraph
internal import TensorCore

extension NetworkBuilder {
  /// Adds what one call of a layer computes.
  ///
  /// - Throws: `FormatError` naming the layer, where its settings, weights or inputs are not as its
  ///   class wants them.
  mutating func call(
    _ layer: KerasLayer, _ inputs: [KerasValue]
  ) throws(FormatError) -> KerasValue {
    guard let type = layer.type else { throw layer.unsupported }
    switch type {
    case .add, .subtract, .multiply, .average, .maximum, .concatenate, .merge:
      guard !inputs.isEmpty else { throw layer.settings.fault("expected inputs, found none") }
      return try merge(layer, type, inputs)
    case .input, .operation, .model:
      throw layer.settings.fault("the layer is no layer that computes")
    case .convolution, .depthwiseConvolution, .separableConvolution, .convolution1D, .dense,
      .batchNormalization, .scale, .activation, .relu, .leakyReLU, .prelu, .elu, .softmax,
      .maximumPooling, .averagePooling, .globalMaximumPooling, .globalAveragePooling, .zeroPadding,
      .cropping, .flatten, .reshape, .permute, .rescaling, .normalization, .dropout, .augmentation,
      .identity:
      guard inputs.count == 1 else {
        throw layer.settings.fault("expected 1 input for \(layer.className), found \(inputs.count)")
      }
      guard inputs[0].shape.rank >= 2 else {
        throw layer.settings.fault("expected an input with a batch, found \(inputs[0].shape)")
      }
      return try unary(layer, type, inputs[0])
    }
  }

  private mutating func unary(
    _ layer: KerasLayer, _ type: LayerClass, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    switch type {
    case .convolution: return try convolution(layer, input)
    case .depthwiseConvolution: return try depthwiseConvolution(layer, input)
    case .separableConvolution: return try separableConvolution(layer, input)
    case .convolution1D: return try convolution1D(layer, input)
    case .dense: return try dense(layer, input)
    case .batchNormalization: return try batchNormalization(layer, input)
    case .scale: return try scale(layer, input)
    case .maximumPooling: return try pooling(layer, .maximum, input)
    case .averagePooling: return try pooling(layer, .average, input)
    case .globalMaximumPooling: return try globalPooling(layer, .maximum, input)
    case .globalAveragePooling: return try globalPooling(layer, .average, input)
    case .zeroPadding: return try zeroPadding(layer, input)
    case .flatten: return try flatten(layer, input)
    case .reshape: return try reshape(layer, input)
    case .permute: return try permute(layer, input)
    case .prelu: return try prelu(layer, input)
    case .activation:
      let parts = try activation(layer.settings.value("activation"), of: layer, input)
      return try add(layer.path, named(parts), to: [input])
    case .relu:
      return try add(layer.path, [Part(nil, .relu(try layer.relu()))], to: [input])
    case .leakyReLU:
      return try add(layer.path, [Part(nil, .relu(try layer.leakyReLU()))], to: [input])
    case .elu:
      let elu = Layer.ELU(alpha: try layer.settings.number("alpha") ?? 1)
      return try add(layer.path, [Part(nil, .elu(elu))], to: [input])
    case .softmax:
      let axis = try layer.axis(input)
      return try add(layer.path, [Part(nil, .softmax(.init(axis: axis)))], to: [input])
    case .rescaling: return try rescaling(layer, input)
    case .normalization: return try normalization(layer, input)
    case .cropping: return try cropping(layer, input)
    case .dropout, .augmentation, .identity:
      let passThrough = try layer.passThrough(type)
      return try add(layer.path, [Part(nil, .passThrough(passThrough))], to: [input])
    case .input, .operation, .model, .add, .subtract, .multiply, .average, .maximum, .concatenate,
      .merge:
      preconditionFailure("\(layer.className) is no layer of one input")
    }
  }

  /// Parts of which the last has the layer's own name; none becomes one that changes nothing.
  func named(_ parts: [Part]) -> [Part] {
    parts.isEmpty
      ? [Part(nil, .passThrough(.init(kind: .split)))] : parts.map { Part(nil, $0.layer) }
  }

  /// What a layer does with its result, if anything.
  ///
  /// - Parameter value: the result, or one of its rank and arrangement.
  func activation(
    _ json: JSON?, of layer: KerasLayer, _ value: KerasValue
  ) throws(FormatError) -> [Part] {
    var json = json ?? .string("linear")
    // Keras 3 writes functions as {"class_name": "function", "config": "relu"}.
    if json["class_name"] == .string("function"), let name = json["config"] { json = name }
    if let className = json["class_name"]?.text {
      return [Part(className.lowercased(), try activationLayer(className, json, of: layer, value))]
    }
    switch json.text {
    case "linear": return []
    case "relu": return [Part("relu", .relu(.init()))]
    case "relu6": return [Part("relu", .relu(.init(maximum: 6)))]
    case "leaky_relu": return [Part("relu", .relu(.init(negativeSlope: 0.2)))]
    case "elu": return [Part("elu", .elu(.init()))]
    case "sigmoid": return [Part("sigmoid", .sigmoid)]
    case "tanh": return [Part("tanh", .tanh)]
    case "selu":
      let selu = Layer.Activation.selu(
        alpha: Layer.Activation.seluAlpha, gamma: Layer.Activation.seluGamma)
      return [Part("selu", .activation(selu))]
    case "swish", "silu": return [Part("swish", .activation(.silu))]
    case "gelu": return [Part("gelu", .activation(.gelu))]
    case "softplus": return [Part("softplus", .activation(.softplus))]
    case "softsign": return [Part("softsign", .activation(.softsign))]
    case "exponential": return [Part("exponential", .activation(.exponential))]
    case "softmax":
      let last = value.canonicalAxis(value.kerasShape.rank - 1)
      return [Part("softmax", .softmax(.init(axis: last)))]
    case let name?:
      throw layer.settings.fault("the activation \(name) is not supported")
    case nil:
      throw layer.settings.fault("expected the name of an activation, found \(json.kind)")
    }
  }

  /// A layer that is used as an activation of another one.
  private func activationLayer(
    _ className: String, _ json: JSON, of layer: KerasLayer, _ value: KerasValue
  ) throws(FormatError) -> Layer {
    var inner = layer
    inner.className = className
    inner.settings = Settings(json["config"] ?? .null, of: layer.path)
    let type = LayerClass(named: className, module: json["module"])
    if let type { try inner.checkSettings(of: type) }
    switch type {
    case .relu: return .relu(try inner.relu())
    case .leakyReLU: return .relu(try inner.leakyReLU())
    case .elu: return .elu(.init(alpha: try inner.settings.number("alpha") ?? 1))
    case .softmax: return .softmax(.init(axis: try inner.axis(value)))
    case .input, .convolution, .depthwiseConvolution, .separableConvolution, .convolution1D,
      .dense, .batchNormalization, .scale, .activation, .prelu, .maximumPooling, .averagePooling,
      .globalMaximumPooling, .globalAveragePooling, .zeroPadding, .add, .subtract, .multiply,
      .average, .maximum, .concatenate, .merge, .cropping, .flatten, .reshape, .permute,
      .rescaling, .normalization, .dropout, .augmentation, .identity, .operation,
      .model, nil:
      throw layer.settings.fault("the activation \(className) is not supported")
    }
  }

  /// A rectifier with learned slopes: of one slope for each channel, or one for each element, which
  /// is a sum of what is left and right of zero.
  private mutating func prelu(
    _ layer: KerasLayer, _ input: KerasValue
  ) throws(FormatError) -> KerasValue {
    let input = input.arrangement.isFlattened ? try plain(input) : input
    let extents = input.kerasShape.dimensions.dropFirst()
    let stored =
      matching == nil
      ? try layer.declaredSlopes(extents)
      : matching?.weights[layer.path]?[.alpha]?.dataset.shape
    // Where Keras has what is the second axis of the canonical value.
    let channelAxis = input.arrangement == .plain ? 0 : extents.count - 1
    // One slope for all, where every axis shares.
    let isOne = stored == Shape([Int](repeating: 1, count: extents.count))
    let perChannel = extents.enumerated().map {
      $0.offset == channelAxis && !isOne ? $0.element : 1
    }
    guard stored != Shape(perChannel), stored == Shape(Array(extents)) else {
      let count = perChannel[channelAxis]
      let prelu = try once(layer.path) { (builder) throws(FormatError) in
        .prelu(
          .init(
            slope: try builder.weight(
              .alpha, of: layer, expected: perChannel,
              target: "\(layer.path)/slope"
            ) { perChannel.count == 1 ? [] : [.reshape(from: $0, to: [count])] }))
      }
      return try add(layer.path, [Part(nil, prelu)], to: [input])
    }
    let axes =
      switch input.arrangement {
      case .image: [2, 0, 1]
      case .line: [1, 0]
      case .plain, .plane, .flattened: Array(0..<extents.count)
      }
    let slopes = try once(layer.path) { (builder) throws(FormatError) in
      .scale(
        .init(
          scale: try builder.weight(
            .alpha, of: layer, expected: Array(extents),
            target: "\(layer.path)/slopes/scale"
          ) { shape in
            let moved = Shape(axes.map { shape[$0] })
            return (axes == axes.sorted() ? [] : [.permute(axes)])
              + (input.arrangement == .line
                ? [.reshape(from: moved, to: [moved[0], 1, moved[1]])] : [])
          }))
    }
    let right = try add("\(layer.path)/right", [Part(nil, .relu(.init()))], to: [input])
    let left = try add(
      "\(layer.path)/left",
      [Part("mirrored", .power(.init(scale: -1))), Part(nil, .relu(.init()))], to: [input])
    let scaled = try add("\(layer.path)/slopes", [Part(nil, slopes)], to: [left])
    let difference = Layer.Elementwise(operation: .sum, coefficients: [1, -1])
    return try add(layer.path, [Part(nil, .elementwise(difference))], to: [right, scaled])
  }
}

extension KerasValue.Arrangement {
  /// Whether it is an image that was flattened by channels, or one without its only channel: few
  /// layers take it as it is.
  var isFlattened: Bool {
    switch self {
    case .flattened, .plane: true
    case .plain, .image, .line: false
    }
  }
}

extension KerasLayer {
  /// What is thrown for a layer whose class is not known: nothing of it is run or decoded.
  var unsupported: FormatError {
    settings.fault("layers of the class \(className) are not supported")
  }

  /// What the layer is called in messages: its class, or the function it is around.
  var kind: String {
    guard let operation, operation.dialect != .keras else { return className }
    return "\(className) of \(operation.name)"
  }

  /// The canonical axis that the setting `axis` means.
  func axis(_ value: KerasValue) throws(FormatError) -> Int {
    let rank = value.kerasShape.rank
    let axes = try settings.integers("axis") ?? [-1]
    guard axes.count == 1,
      -rank..<rank ~= axes[0]
    else { throw settings.fault("expected one axis of \(value.kerasShape)") }
    return value.canonicalAxis(axes[0] < 0 ? axes[0] + rank : axes[0])
  }

  fileprivate func relu() throws(FormatError) -> Layer.ReLU {
    let threshold = try settings.number("threshold") ?? 0
    guard threshold == 0 else {
      throw settings.fault("a rectifier with a threshold of \(threshold) is not supported")
    }
    let maximum = try settings.number("max_value")
    guard maximum ?? 1 >= 0 else { throw settings.fault("expected a maximum of 0 or more") }
    return Layer.ReLU(
      negativeSlope: try settings.number("negative_slope") ?? 0, maximum: maximum)
  }

  fileprivate func leakyReLU() throws(FormatError) -> Layer.ReLU {
    Layer.ReLU(negativeSlope: try settings.number("negative_slope", "alpha") ?? 0.3)
  }
}

extension KerasLayer {
  /// The shape that the settings of a rectifier give its slopes, for an input of these extents.
  fileprivate func declaredSlopes(_ extents: ArraySlice<Int>) throws(FormatError) -> Shape? {
    let shared = try settings.integers("shared_axes") ?? []
    return Shape(
      checking: extents.enumerated().map { shared.contains($0.offset + 1) ? 1 : $0.element })
  }
}
