internal import Files
internal import JSON
internal import ModelGraph
internal import TensorCore

extension Layer {
  /// A layer from its parameters and weights.
  ///
  /// - Throws: `FormatError` for what is missing or of the wrong kind.
  init(
    _ type: LayerType, _ fields: inout JSONFields, _ weights: inout WeightFields
  ) throws(FormatError) {
    switch type {
    case .input: self = .input(try Input(&fields))
    case .convolution:
      self = .convolution(
        Convolution(
          kernel: try weights.required(.kernel), bias: try weights.optional(.bias),
          stride: try fields.extent("stride"), padding: try fields.padding("padding"),
          dilation: try fields.extent("dilation"), groups: try fields.integer("groups")))
    case .batchNormalization:
      self = .batchNormalization(
        BatchNormalization(
          mean: try weights.required(.mean), variance: try weights.required(.variance),
          factor: try weights.optional(.factor), gamma: try weights.optional(.gamma),
          beta: try weights.optional(.beta), epsilon: try fields.number("epsilon")))
    case .scale:
      self = .scale(
        Scale(
          scale: try weights.optional(.scale), bias: try weights.optional(.bias),
          axis: try fields.integer("axis")))
    case .bias:
      self = .bias(Bias(bias: try weights.optional(.bias), axis: try fields.integer("axis")))
    case .relu:
      self = .relu(
        ReLU(
          negativeSlope: try fields.number("negativeSlope"),
          maximum: try fields.ifPresent("maximum") { (fields) throws(FormatError) in
            try fields.number("maximum")
          }))
    case .prelu: self = .prelu(PReLU(slope: try weights.required(.slope)))
    case .elu: self = .elu(ELU(alpha: try fields.number("alpha")))
    case .sigmoid: self = .sigmoid
    case .tanh: self = .tanh
    case .power:
      self = .power(
        Power(
          power: try fields.number("power"), scale: try fields.number("scale"),
          shift: try fields.number("shift")))
    case .activation: self = .activation(try Activation(&fields))
    case .pooling, .dilatedPooling:
      self = .pooling(
        Pooling(
          kind: try fields.word("kind", PoolingKind.self), kernel: try fields.extent("kernel"),
          stride: try fields.extent("stride"),
          dilation: type == .dilatedPooling ? try fields.extent("dilation") : Extent(1),
          padding: try fields.padding("padding"),
          rounding: try fields.word("rounding", Rounding.self),
          clipsLastWindow: try fields.bool("clipsLastWindow"),
          divisor: try fields.word("divisor", Pooling.Divisor.self)))
    case .globalPooling:
      self = .globalPooling(GlobalPooling(kind: try fields.word("kind", PoolingKind.self)))
    case .elementwise:
      self = .elementwise(
        Elementwise(
          operation: try fields.word("operation", Elementwise.Operation.self),
          coefficients: try fields.numbers("coefficients")))
    case .concatenation: self = .concatenation(Concatenation(axis: try fields.integer("axis")))
    case .slice:
      self = .slice(
        Slice(
          axis: try fields.integer("axis"),
          points: try fields.ifPresent("points") { (fields) throws(FormatError) in
            try fields.integers("points")
          }))
    case .crop:
      self = .crop(
        Crop(
          axis: try fields.integer("axis"), start: try fields.integer("start"),
          end: try fields.ifPresent("end") { (fields) throws(FormatError) in
            try fields.integer("end")
          }, step: try fields.integer("step")))
    case .zeroPadding, .padding:
      self = .zeroPadding(
        ZeroPadding(
          spatial: try fields.padding("spatial"),
          channelsBefore: try fields.integer("channelsBefore"),
          channelsAfter: try fields.integer("channelsAfter"),
          value: type == .padding ? try fields.number("value") : 0))
    case .fullyConnected:
      self = .fullyConnected(
        FullyConnected(
          kernel: try weights.required(.kernel), bias: try weights.optional(.bias),
          axis: try fields.integer("axis")))
    case .flatten:
      self = .flatten(
        Flatten(axis: try fields.integer("axis"), endAxis: try fields.integer("endAxis")))
    case .reshape:
      self = .reshape(
        Reshape(
          extents: try fields.integers("extents"), axis: try fields.integer("axis"),
          axisCount: try fields.ifPresent("axisCount") { (fields) throws(FormatError) in
            try fields.integer("axisCount")
          }))
    case .permutation: self = .permutation(Permutation(axes: try fields.integers("axes")))
    case .softmax, .logSoftmax:
      self = .softmax(
        Softmax(axis: try fields.integer("axis"), isLogarithmic: type == .logSoftmax))
    case .localResponseNormalization:
      self = .localResponseNormalization(
        LocalResponseNormalization(
          region: try fields.word("region", LocalResponseNormalization.Region.self),
          size: try fields.integer("size"), alpha: try fields.number("alpha"),
          beta: try fields.number("beta"), k: try fields.number("k")))
    case .passThrough: self = .passThrough(try PassThrough(&fields))
    }
  }
}

extension Layer.Input {
  fileprivate init(_ fields: inout JSONFields) throws(FormatError) {
    let shape = try fields.shape("shape")
    let isLine = try fields.ifPresent("isLine") { (fields) throws(FormatError) in
      try fields.bool("isLine")
    }
    guard isLine != true || shape.rank == 4 && shape[2] == 1 else {
      throw fields.fault("expected a line as an image of one row, found \(shape)")
    }
    self.init(shape: shape, isLine: isLine ?? false)
  }
}

extension Layer.PassThrough {
  fileprivate init(_ fields: inout JSONFields) throws(FormatError) {
    self.init(
      kind: try fields.word("kind", Kind.self),
      rate: try fields.ifPresent("rate") { (fields) throws(FormatError) in
        let rate = try fields.number("rate")
        guard (0...1).contains(rate) else {
          throw fields.fault("expected a rate of 0 to 1, found \(rate)")
        }
        return rate
      },
      definition: try fields.ifPresent("definition") { (fields) throws(FormatError) in
        try fields.string("definition")
      })
  }
}

extension JSONFields {
  fileprivate mutating func extent(_ name: String) throws(FormatError) -> Extent {
    let sides = try integers(name, count: 2)
    return Extent(height: sides[0], width: sides[1])
  }

  fileprivate mutating func padding(_ name: String) throws(FormatError) -> Padding {
    let sides = try integers(name, count: 4)
    return Padding(top: sides[0], left: sides[1], bottom: sides[2], right: sides[3])
  }

  /// What `read` makes of a member, or nil where it is absent.
  mutating func ifPresent<Value>(
    _ name: String, _ read: (inout JSONFields) throws(FormatError) -> Value
  ) throws(FormatError) -> Value? {
    optional(name) == nil ? nil : try read(&self)
  }
}
