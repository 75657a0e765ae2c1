internal import JSON
internal import ModelGraph
internal import TensorCore

extension Layer {
  /// The layer's parameters as they are written; what the layer does not have is nil.
  var parameters: [(name: String, value: JSON?)] {
    switch self {
    case .input(let layer):
      [
        ("shape", .integers(layer.shape.dimensions)),
        ("isLine", layer.isLine ? .bool(true) : nil),
      ]
    case .convolution(let layer):
      [
        ("stride", layer.stride.coded), ("padding", layer.padding.coded),
        ("dilation", layer.dilation.coded), ("groups", .integer(layer.groups)),
      ]
    case .batchNormalization(let layer): [("epsilon", JSON(number: layer.epsilon))]
    case .scale(let layer): [("axis", .integer(layer.axis))]
    case .bias(let layer): [("axis", .integer(layer.axis))]
    case .activation(.relu(let layer)):
      [
        ("negativeSlope", JSON(number: layer.negativeSlope)),
        ("maximum", layer.maximum.map { JSON(number: $0) }),
      ]
    case .activation(.elu(let layer)): [("alpha", JSON(number: layer.alpha))]
    case .activation(.sigmoid), .activation(.tanh), .prelu: []
    case .activation(.power(let layer)):
      [
        ("power", JSON(number: layer.power)), ("scale", JSON(number: layer.scale)),
        ("shift", JSON(number: layer.shift)),
      ]
    case .activation(let function):
      [("function", .string(function.coded.rawValue))]
        + function.numbers.map { ($0.name, JSON(number: $0.value)) }
    case .pooling(let layer):
      [
        ("kind", .string(layer.kind.rawValue)), ("kernel", layer.kernel.coded),
        ("stride", layer.stride.coded),
        ("dilation", layer.dilation == Extent(1) ? nil : layer.dilation.coded),
        ("padding", layer.padding.coded), ("rounding", .string(layer.rounding.rawValue)),
        ("clipsLastWindow", .bool(layer.clipsLastWindow)),
        ("divisor", .string(layer.divisor.rawValue)),
      ]
    case .globalPooling(let layer): [("kind", .string(layer.kind.rawValue))]
    case .elementwise(let layer):
      [
        ("operation", .string(layer.operation.rawValue)),
        ("coefficients", .array(layer.coefficients.map { JSON(number: $0) })),
      ]
    case .concatenation(let layer): [("axis", .integer(layer.axis))]
    case .slice(let layer):
      [("axis", .integer(layer.axis)), ("points", layer.points.map { JSON.integers($0) })]
    case .crop(let layer):
      [
        ("axis", .integer(layer.axis)), ("start", .integer(layer.start)),
        ("end", layer.end.map { .integer($0) }), ("step", .integer(layer.step)),
      ]
    case .zeroPadding(let layer):
      [
        ("spatial", layer.spatial.coded), ("channelsBefore", .integer(layer.channelsBefore)),
        ("channelsAfter", .integer(layer.channelsAfter)),
        ("value", layer.value == 0 ? nil : JSON(number: layer.value)),
      ]
    case .fullyConnected(let layer): [("axis", .integer(layer.axis))]
    case .flatten(let layer):
      [("axis", .integer(layer.axis)), ("endAxis", .integer(layer.endAxis))]
    case .reshape(let layer):
      [
        ("extents", .integers(layer.extents)), ("axis", .integer(layer.axis)),
        ("axisCount", layer.axisCount.map { JSON.integer($0) }),
      ]
    case .permutation(let layer): [("axes", .integers(layer.axes))]
    case .softmax(let layer): [("axis", .integer(layer.axis))]
    case .localResponseNormalization(let layer):
      [
        ("region", .string(layer.region.rawValue)), ("size", .integer(layer.size)),
        ("alpha", JSON(number: layer.alpha)), ("beta", JSON(number: layer.beta)),
        ("k", JSON(number: layer.k)),
      ]
    case .passThrough(let layer):
      [
        ("kind", .string(layer.kind.rawValue)), ("rate", layer.rate.map { JSON(number: $0) }),
        ("definition", layer.definition.map { .string($0) }),
      ]
    }
  }
}

extension JSON {
  /// An object of those members that have a value.
  static func object(present members: [(name: String, value: JSON?)]) -> JSON {
    .object(members.compactMap { name, value in value.map { Member(name, $0) } })
  }
}

extension Extent {
  fileprivate var coded: JSON { .integers([height, width]) }
}

extension Padding {
  fileprivate var coded: JSON { .integers([top, left, bottom, right]) }
}
