internal import Files
internal import JSON
internal import ModelGraph

/// The functions that a layer of the type `activation` has by name.
enum ActivationFunction: String, CaseIterable {
  case clip, selu, celu, hardSigmoid, silu, hardSwish, gelu, geluTanh, mish, softplus, softsign
  case absolute, exponential, logarithm, errorFunction
}

extension Layer.Activation {
  /// The function by its name in a file.
  var coded: ActivationFunction {
    switch self {
    case .clip: .clip
    case .selu: .selu
    case .celu: .celu
    case .hardSigmoid: .hardSigmoid
    case .silu: .silu
    case .hardSwish: .hardSwish
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .mish: .mish
    case .softplus: .softplus
    case .softsign: .softsign
    case .absolute: .absolute
    case .exponential: .exponential
    case .logarithm: .logarithm
    case .errorFunction: .errorFunction
    case .relu, .elu, .sigmoid, .tanh, .power:
      preconditionFailure("\(name) has a type of its own in a file")
    }
  }

  /// The function's parameters.
  var numbers: [(name: String, value: Double)] {
    switch self {
    case .clip(let minimum, let maximum): [("minimum", minimum), ("maximum", maximum)]
    case .selu(let alpha, let gamma): [("alpha", alpha), ("gamma", gamma)]
    case .celu(let alpha): [("alpha", alpha)]
    case .hardSigmoid(let slope, let offset): [("slope", slope), ("offset", offset)]
    default: []
    }
  }

  /// The function that a layer of the type `activation` names.
  ///
  /// - Throws: `FormatError` for an unknown name and for what is missing.
  init(_ fields: inout JSONFields) throws(FormatError) {
    switch try fields.word("function", ActivationFunction.self) {
    case .clip:
      self = .clip(minimum: try fields.number("minimum"), maximum: try fields.number("maximum"))
    case .selu: self = .selu(alpha: try fields.number("alpha"), gamma: try fields.number("gamma"))
    case .celu: self = .celu(alpha: try fields.number("alpha"))
    case .hardSigmoid:
      self = .hardSigmoid(slope: try fields.number("slope"), offset: try fields.number("offset"))
    case .silu: self = .silu
    case .hardSwish: self = .hardSwish
    case .gelu: self = .gelu
    case .geluTanh: self = .geluTanh
    case .mish: self = .mish
    case .softplus: self = .softplus
    case .softsign: self = .softsign
    case .absolute: self = .absolute
    case .exponential: self = .exponential
    case .logarithm: self = .logarithm
    case .errorFunction: self = .errorFunction
    }
  }
}
